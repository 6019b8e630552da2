import { DEAD_LETTER_REASONS, type DeadLetterReason } from '#core/dead-letter/dead-letter.ts';
import type { Collector } from '#process/metrics/collectors.ts';
import { readGroups } from '#store/dead-letters/read.ts';
import { readLockOwner } from '#store/dead-letters/replay/store.ts';
import { readUnreadable } from '#store/delivery/poison.ts';
import { roundTrip } from '#store/health.ts';
import { NO_PIXEL } from '#store/keys.ts';
import { readDepth, readLaneDepths } from '#store/status/depth.ts';
import { imbalance, LEDGER_FIELDS, readLedgersOf } from '#store/status/ledger.ts';
import type { Store } from '#store/store.ts';
import { EXPIRIES, expiriesOf } from './expiry.ts';
import type { WorkerMetrics } from './metrics.ts';

/** Why a message dies before its pixel is known. */
const REASONS_WITHOUT_PIXEL: readonly DeadLetterReason[] = [
  'invalid_event',
  'too_large',
  'mapping_failed',
];

/** Where to look, and for whom. */
export interface Looking {
  readonly store: Store;
  /** The configured pixels, which a reload may change. */
  readonly pixels: () => readonly string[];
  readonly metrics: WorkerMetrics;
}

/**
 * What every worker can say of Redis, of the queue, of the ledgers and of the dead letters, which are
 * not its own. Gauges are filled anew each time, so that a pixel that has left leaves them too.
 */
export function depthCollectors(looking: Looking): Collector[] {
  const { store, metrics } = looking;
  return [
    {
      name: 'redis',
      collect: async () => metrics.redisRoundTrip.set(await roundTrip(store.redis)),
    },
    { name: 'queue', collect: () => collectQueue(looking) },
    { name: 'unreadable', collect: () => collectUnreadable(looking) },
    { name: 'ledger', collect: () => collectLedgers(looking) },
    { name: 'dead_letters', collect: () => collectDeadLetters(looking) },
  ];
}

async function collectQueue({ store, pixels, metrics }: Looking): Promise<void> {
  const [depth, lanes] = await Promise.all([
    readDepth(store, pixels()),
    readLaneDepths(store, pixels()),
  ]);
  metrics.redisMemory.set(depth.memoryRatio);
  for (const gauge of [metrics.queueEvents, metrics.queueEnvelopes, metrics.queueOldest]) {
    gauge.reset();
  }
  for (const [pixel, events] of depth.events) metrics.queueEvents.set({ pixel }, events);
  for (const [pixel, { oldestAt, ...states }] of lanes) {
    for (const [state, n] of Object.entries(states))
      metrics.queueEnvelopes.set({ pixel, state }, n);
    const age = oldestAt === null ? 0 : Math.max(0, Date.now() - oldestAt) / 1000;
    metrics.queueOldest.set({ pixel }, age);
  }
}

async function collectUnreadable({ store, pixels, metrics }: Looking): Promise<void> {
  metrics.queueUnreadable.reset();
  for (const [pixel, { envelopes }] of await readUnreadable(store, pixels())) {
    metrics.queueUnreadable.set({ pixel }, envelopes);
  }
}

async function collectLedgers({ store, pixels, metrics }: Looking): Promise<void> {
  const ledgers = await readLedgersOf(store, [...pixels(), NO_PIXEL]);
  metrics.ledgerEvents.reset();
  metrics.ledgerImbalance.reset();
  for (const [pixel, ledger] of ledgers) {
    for (const state of LEDGER_FIELDS) metrics.ledgerEvents.set({ pixel, state }, ledger[state]);
    metrics.ledgerImbalance.set({ pixel }, imbalance(ledger));
  }
}

/** Those of a pixel that is not configured any more are held all the same, and so they are shown. */
async function collectDeadLetters({ store, pixels, metrics }: Looking): Promise<void> {
  const groups = await readGroups(store);
  metrics.deadLettersHeld.reset();
  for (const pixel of [...pixels(), NO_PIXEL]) {
    const reasons = pixel === NO_PIXEL ? REASONS_WITHOUT_PIXEL : DEAD_LETTER_REASONS;
    for (const reason of reasons) metrics.deadLettersHeld.set({ pixel, reason }, 0);
  }
  for (const { pixelId, reason, events } of groups) {
    metrics.deadLettersHeld.inc({ pixel: pixelId ?? NO_PIXEL, reason }, events);
  }
  metrics.deadLettersExpiring.reset();
  for (const pixel of [...pixels(), NO_PIXEL]) {
    for (const within of EXPIRIES) metrics.deadLettersExpiring.set({ pixel, within }, 0);
  }
  for (const { pixelId, expire } of groups) {
    for (const [within, events] of Object.entries(expiriesOf(expire, Date.now()))) {
      metrics.deadLettersExpiring.inc({ pixel: pixelId ?? NO_PIXEL, within }, events);
    }
  }
  metrics.replayActive.set((await readLockOwner(store)) === null ? 0 : 1);
}
