import { workerSchema } from '#config/schema/worker.ts';
import type { GraphAnswer } from '#core/outcome/answer.ts';
import type { HeldEnvelope } from '#store/delivery/lane.ts';
import type { PostedHalt } from '#store/delivery/lane-board.ts';
import type { Settlement } from '#store/delivery/settlement.ts';
import { RecordLines, sealEnvelope } from '#store/intake/envelope.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { NO_TRACING } from '#tracing/tracing.ts';
import { Capacity } from '#worker/lane/capacity.ts';
import type { LaneDeps } from '#worker/lane/lane.ts';
import { recordAt } from './batch-sending.ts';
import { HELD_LEASE } from './held-lease.ts';

const SEALER = createOpenSealer();
const SUCCESS = '{"events_received":1,"messages":[]}';

/** An envelope with a number of events, which expire in a week. */
export function envelopeOf(pixelId: string, id: string, events: number): HeldEnvelope {
  const eventTime = Math.floor(Date.now() / 1000);
  const records = Array.from({ length: events }, (_, offset) => recordAt(offset, { eventTime }));
  const lines = RecordLines.of(records.map(({ line }) => line));
  const data = sealEnvelope(SEALER, { pixelId, id }, [['track', 0]], lines);
  return { id, token: 't', data, failures: 0, stalls: 0, lease: HELD_LEASE };
}

/** What lanes need, in memory: queues to put envelopes into, a board, and what was done. */
export function laneDeps(post: (token: string) => Promise<GraphAnswer> | GraphAnswer = accepted) {
  const queues = new Map<string, (envelope: HeldEnvelope) => Promise<void>>();
  const settled: string[] = [];
  const states: string[] = [];
  const errors: Error[] = [];
  const board = new Map<string, PostedHalt>();
  const deps: LaneDeps = {
    settings: workerSchema.parse({ batch: { lingerMs: 1 } }),
    capacity: new Capacity({ requests: 8, heldEvents: 1000 }, 250),
    openQueue({ pixelId }, handle) {
      queues.set(pixelId, handle);
      return { close: async () => void queues.delete(pixelId) };
    },
    sealer: SEALER,
    store: {
      async settle({ envelope: { id }, delivered, remaining, next }: Settlement) {
        settled.push(`${id}: ${delivered} delivered, ${remaining?.n ?? 0} left: ${next.kind}`);
        return { kind: 'settled', data: remaining, free: true };
      },
      claim: async (_pixel, { data }) => data,
    },
    notes: { suspect: async () => 1, late: async () => 0, async clear() {}, async unreadable() {} },
    board: {
      read: async () => new Map(board),
      async halt(pixelId, seen, halt) {
        board.set(pixelId, { version: `${seen?.version ?? ''}+`, halt });
        return board.get(pixelId) ?? null;
      },
      resume: async (pixelId) => board.delete(pixelId),
    },
    client: { post: async (_pixel, token) => post(token), close() {} },
    shadowClient: { post: async (_pixel, token) => post(token), close() {} },
    tracing: NO_TRACING,
    observerOf: (pixelId) => ({
      ...{ onBatch() {}, onSeparated() {}, onRequest() {}, onAnswer() {}, onOutcome() {} },
      onShadow() {},
      ...{ onSettled() {}, onSettlementRefused() {}, onTakenOver() {}, onPoison() {} },
      ...{ onReadable() {}, onUnreadable() {}, onLimit() {} },
      onState: (state) => void states.push(`${pixelId} ${state}`),
    }),
    onError: (_pixel, error) => void errors.push(error),
  };
  return { deps, queues, settled, states, errors, board };
}

export function accepted(): GraphAnswer {
  return { kind: 'answered', status: 200, headers: {}, body: SUCCESS };
}

export function tokenRefused(): GraphAnswer {
  const body = '{"error":{"code":190,"message":"expired"}}';
  return { kind: 'answered', status: 400, headers: {}, body };
}
