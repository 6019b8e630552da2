import type { DeadLetterFacts } from '#core/dead-letter.ts';
import { withSource } from '#core/record.ts';
import { type Source, sealEnvelope } from '#queue/envelope.ts';
import type { NewEnvelope } from '#queue/intake.ts';
import { RecordLines } from '#queue/record-lines.ts';
import { type LedgerChange, ledgerOf, type Revival } from '#queue/revival.ts';
import type { Sealer } from '#queue/sealing.ts';
import type { Remade } from './remake.ts';

/** A dead letter that will be sent, with what it became. */
export interface Sendable {
  readonly facts: DeadLetterFacts;
  readonly remade: Remade & { readonly kind: 'send' };
}

/**
 * One step of a replay: some dead letters end, and envelopes with their events take their place.
 * The ledger stays balanced: what was dead is queued, or filtered where today's settings say so. An
 * event whose pixel could not be told was counted under none; now that it can, it moves there.
 */
export function stepOf(
  sendable: readonly Sendable[],
  sealer: Sealer,
  idOf: (pixelId: string) => string,
): Revival {
  const changes = new Map<string, LedgerChange>();
  const change = (ledger: string, field: keyof LedgerChange, by: number): void => {
    const known = changes.get(ledger) ?? {};
    changes.set(ledger, { ...known, [field]: (known[field] ?? 0) + by });
  };
  const pixels = new Map<string, { lines: RecordLines; sources: Source[] }>();
  for (const { facts, remade } of sendable) {
    change(ledgerOf(facts), 'dead', -1);
    if (facts.pixelId === null) change(ledgerOf(facts), 'consumed', -1);
    const arrive = (pixelId: string, field: 'queued' | 'filtered'): void => {
      if (facts.pixelId === null) change(pixelId, 'consumed', 1);
      change(pixelId, field, 1);
    };
    for (const pixelId of remade.filtered) arrive(pixelId, 'filtered');
    for (const { pixelId, line } of remade.records) {
      arrive(pixelId, 'queued');
      const envelope = pixels.get(pixelId) ?? { lines: new RecordLines(), sources: [] };
      pixels.set(pixelId, envelope);
      envelope.lines.add(withSource(line, sourceIn(envelope.sources, facts)));
    }
  }
  const envelopes: NewEnvelope[] = [...pixels].map(([pixelId, { lines, sources }]) => ({
    pixelId,
    id: idOf(pixelId),
    data: sealEnvelope(sealer, pixelId, sources, lines),
  }));
  return { letters: sendable.map(({ facts }) => facts), envelopes, changes };
}

function sourceIn(sources: Source[], { kafka: { topic, partition } }: DeadLetterFacts): number {
  const known = sources.findIndex((source) => source[0] === topic && source[1] === partition);
  return known >= 0 ? known : sources.push([topic, partition]) - 1;
}
