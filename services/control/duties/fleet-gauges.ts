import { DEAD_LETTER_REASONS, type DeadLetterReason } from '#core/dead-letter/dead-letter.ts';
import { expiryCounts } from '#core/dead-letter/groups.ts';
import type { NamedPixel } from '#core/pixel-names.ts';
import type { Collector } from '#process/metrics/collectors.ts';
import { countUnpublished } from '#store/dead-letters/publish.ts';
import { readGroups } from '#store/dead-letters/read.ts';
import { readLockOwner } from '#store/dead-letters/replay/store.ts';
import { readUnreadable } from '#store/delivery/poison.ts';
import { NO_PIXEL } from '#store/keys.ts';
import { readAllParked, sumParked } from '#store/parking/ranges.ts';
import { heldInParts } from '#store/receipts/find.ts';
import { readDepth, readLaneDepths } from '#store/status/depth.ts';
import { imbalance, LEDGER_FIELDS, readLedgersOf } from '#store/status/ledger.ts';
import type { Store } from '#store/store.ts';
import { type ControlMetrics, EXPIRIES } from '../metrics.ts';

/** Why a message dies before its pixel is known. */
const REASONS_WITHOUT_PIXEL: readonly DeadLetterReason[] = [
  'invalid_event',
  'undecodable',
  'too_large',
  'mapping_failed',
];

/** What the gauges are read from. */
interface FleetSources {
  readonly store: Store;
  /** The configured pixels, which a reload may change. */
  readonly pixels: () => readonly string[];
  /** To which dead letters are published; null for none. */
  readonly topic: string | null;
  readonly metrics: ControlMetrics;
}

/**
 * What Redis says of the queue, of the ledgers and of the dead letters of the whole fleet. Gauges are
 * filled again each time, so that a pixel that has left leaves them too.
 */
export function redisCollectors(sources: FleetSources): Collector[] {
  return [
    { name: 'queue', collect: () => collectQueue(sources) },
    { name: 'unreadable', collect: () => collectUnreadable(sources) },
    { name: 'ledger', collect: () => collectLedgers(sources) },
    { name: 'parked', collect: () => collectParked(sources) },
    { name: 'dead_letters', collect: () => collectDeadLetters(sources) },
    { name: 'receipts', collect: () => collectReceipts(sources) },
  ];
}

/** The names of pixels, to be joined with other metrics by their ID. */
export function setPixelInfo(
  { pixelInfo }: Pick<ControlMetrics, 'pixelInfo'>,
  pixels: readonly NamedPixel[],
): void {
  pixelInfo.reset();
  for (const { pixelId, name } of pixels)
    pixelInfo.set({ pixel: pixelId, name: name ?? pixelId }, 1);
}

async function collectQueue({ store, pixels, metrics }: FleetSources): Promise<void> {
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

async function collectUnreadable({ store, pixels, metrics }: FleetSources): Promise<void> {
  metrics.queueUnreadable.reset();
  for (const [pixel, { envelopes }] of await readUnreadable(store, pixels())) {
    metrics.queueUnreadable.set({ pixel }, envelopes);
  }
}

async function collectReceipts({ store, metrics }: FleetSources): Promise<void> {
  const gauges = { receipts: metrics.receiptsReach, repeated: metrics.windowReach } as const;
  for (const what of ['receipts', 'repeated'] as const) {
    const held = await heldInParts(store, what);
    gauges[what].reset();
    if (held !== null) gauges[what].set(Math.max(Date.now() - held.since, 0) / 1000);
  }
}

async function collectLedgers({ store, pixels, metrics }: FleetSources): Promise<void> {
  const ledgers = await readLedgersOf(store, [...pixels(), NO_PIXEL]);
  metrics.ledgerEvents.reset();
  metrics.ledgerImbalance.reset();
  for (const [pixel, ledger] of ledgers) {
    for (const state of LEDGER_FIELDS) metrics.ledgerEvents.set({ pixel, state }, ledger[state]);
    metrics.ledgerImbalance.set({ pixel }, imbalance(ledger));
  }
}

/** Those of a pixel that is not configured any more are parked all the same. */
async function collectParked({ store, metrics }: FleetSources): Promise<void> {
  const parked = sumParked(await readAllParked(store));
  metrics.parkedSince.reset();
  metrics.parkedKeptUntil.reset();
  for (const [pixel, { since, keptUntil }] of parked) {
    metrics.parkedSince.set({ pixel }, since / 1000);
    if (keptUntil !== null && Number.isFinite(keptUntil))
      metrics.parkedKeptUntil.set({ pixel }, keptUntil / 1000);
  }
}

/** Those of a pixel that is not configured any more are held all the same, and so they are shown. */
async function collectDeadLetters({ store, pixels, topic, metrics }: FleetSources): Promise<void> {
  const [groups, owner, unpublished] = await Promise.all([
    readGroups(store),
    readLockOwner(store),
    topic === null ? 0 : countUnpublished(store, topic),
  ]);
  metrics.deadLettersHeld.reset();
  metrics.deadLettersExpiring.reset();
  for (const pixel of [...pixels(), NO_PIXEL]) {
    const reasons = pixel === NO_PIXEL ? REASONS_WITHOUT_PIXEL : DEAD_LETTER_REASONS;
    for (const reason of reasons) metrics.deadLettersHeld.set({ pixel, reason }, 0);
    for (const within of EXPIRIES) metrics.deadLettersExpiring.set({ pixel, within }, 0);
  }
  for (const { pixelId, reason, events, expire } of groups) {
    const pixel = pixelId ?? NO_PIXEL;
    metrics.deadLettersHeld.inc({ pixel, reason }, events);
    const { within, expired } = expiryCounts([{ expire }], Date.now());
    for (const [period, soon] of Object.entries({ ...within, expired })) {
      metrics.deadLettersExpiring.inc({ pixel, within: period }, soon);
    }
  }
  metrics.deadLettersUnpublished.set(unpublished);
  metrics.replayActive.set(owner === null ? 0 : 1);
}
