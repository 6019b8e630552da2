import type { Disposition, HeldEnvelope } from '#store/delivery/lane.ts';
import type { SettlementStore } from '#store/delivery/settlement.ts';

/** Handles envelopes of a pixel: all events of one that is done count as delivered. */
export function disposing(
  store: SettlementStore,
  pixelId: string,
  decide: (envelope: HeldEnvelope) => Promise<Disposition> | Disposition,
): (envelope: HeldEnvelope) => Promise<void> {
  return async (envelope) => {
    const next = await decide(envelope);
    const counts =
      next.kind === 'done'
        ? { delivered: envelope.data.n, remaining: null }
        : { delivered: 0, remaining: envelope.data };
    await store.settle({ pixelId, envelope, deadLetters: [], ...counts, next });
  };
}
