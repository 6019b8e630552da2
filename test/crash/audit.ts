import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfiguration } from '#config/load.ts';
import { createKeys } from '#store/keys.ts';
import { traceMessage } from '#store/receipts/trace.ts';
import { sealerOf } from '#store/sealing.ts';
import { readLaneDepths } from '#store/status/depth.ts';
import { imbalance } from '#store/status/ledger.ts';
import { createStore } from '#store/store.ts';
import { type Fleet, PIXELS } from '#test/support/fleet.ts';
import type { Load } from './load.ts';
import { countMessages, readTopic, type TopicContent } from './topic-content.ts';

/** What became of everything that Kafka has, by the ledger in Redis and by the sandbox's journal. */
export interface Audit {
  /** Messages in Kafka, each for one pixel or for none. */
  readonly messages: number;
  readonly delivered: number;
  readonly dead: number;
  readonly filtered: number;
  /** Good events that the sandbox never accepted, and messages that the ledger does not know. */
  readonly lost: number;
  /** The ledger's `consumed` beyond the messages: it moves in one step with the envelopes. */
  readonly duplicatedByIngest: number;
  /** Events that the sandbox accepted more often than Kafka has them, beyond those of ingest. */
  readonly duplicatedByWorkers: number;
  /** Events that were accepted and should not have been. */
  readonly strangers: number;
  /** By how much the ledgers are out of balance. */
  readonly imbalance: number;
  /** The sandbox accepted them, and its answer was lost. */
  readonly unanswered: number;
  /** Events that Meta refuses, and by how many their dead letters differ from them. */
  readonly refused: number;
  readonly refusedWrongly: number;
  /** Envelopes that are still in Redis although nothing waits. */
  readonly leftBehind: number;
  readonly samples: readonly string[];
  /** Some of the good events of which receipts do not say that they were delivered; none without receipts. */
  readonly untold: readonly string[];
}

/** Waits until everything has ended; false when that did not come about in time. */
export async function settled(
  fleet: Fleet,
  brokers: readonly string[],
  withinMs: number,
): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  const messages = await countMessages(brokers, fleet.topic);
  for (;;) {
    const ledgers = [...(await fleet.ledgers().catch(() => new Map())).values()];
    const consumed = ledgers.reduce((sum, ledger) => sum + ledger.consumed, 0);
    const queued = ledgers.reduce((sum, ledger) => sum + ledger.queued + ledger.parked, 0);
    if (consumed >= messages && queued === 0) return true;
    if (performance.now() > deadline) return false;
    await sleep(200);
  }
}

/** Waits until processes that go on have put everything away; the audit says when they did not. */
export async function putAway(fleet: Fleet, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while ((await leftBehind(fleet)) > 0 && performance.now() < deadline) await sleep(100);
}

/**
 * Compares Kafka, the ledger and the sandbox's journal; nothing may be under way any more.
 * @param remembered events of which receipts tell; what is in Kafka twice was to be sent once then
 */
export async function audit(
  fleet: Fleet,
  brokers: readonly string[],
  { good, refused }: Pick<Load, 'good' | 'refused'>,
  remembered: ReadonlySet<string> | null = null,
): Promise<Audit> {
  const topic = await readTopic(brokers, fleet.topic);
  const [accepted, ledgers] = await Promise.all([fleet.accepted(), fleet.ledgers()]);
  const rows = [...ledgers.values()];
  const sum = (
    field: 'consumed' | 'delivered' | 'dead' | 'filtered' | 'queued' | 'parked',
  ): number => rows.reduce((total, row) => total + row[field], 0);
  const events = compare(topic, accepted, good, remembered === null ? Number.POSITIVE_INFINITY : 1);
  const duplicatedByIngest = Math.max(sum('consumed') - topic.messages, 0);
  return {
    messages: topic.messages,
    delivered: sum('delivered'),
    dead: sum('dead'),
    filtered: sum('filtered'),
    lost:
      Math.max(events.missing, topic.messages - sum('consumed')) + sum('queued') + sum('parked'),
    duplicatedByIngest,
    duplicatedByWorkers: Math.max(events.repeated - duplicatedByIngest, 0),
    strangers: events.strangers,
    imbalance: rows.reduce((total, row) => total + Math.abs(imbalance(row)), 0),
    unanswered: await unanswered(fleet),
    refused: refused.size,
    refusedWrongly: await refusedWrongly(fleet, topic, refused),
    leftBehind: await leftBehind(fleet),
    untold: await untold(fleet, remembered ?? new Set()),
    samples: [
      ...events.samples,
      `${sum('queued')} queued`,
      `${topic.messages - sum('consumed')} messages that no ledger knows`,
    ],
  };
}

function compare(
  { ids }: TopicContent,
  accepted: ReadonlyMap<string, number>,
  good: ReadonlySet<string>,
  most: number,
): { missing: number; repeated: number; strangers: number; samples: string[] } {
  let [missing, repeated, strangers] = [0, 0, 0];
  const samples: string[] = [];
  for (const id of good) {
    const difference = (accepted.get(id) ?? 0) - Math.min(ids.get(id) ?? 0, most);
    missing += Math.max(-difference, 0);
    repeated += Math.max(difference, 0);
    if (difference < 0 && samples.length < 5) samples.push(`missing ${id}`);
  }
  for (const [id, count] of accepted) if (!good.has(id)) strangers += count;
  return { missing, repeated, strangers, samples };
}

/** Events of requests that the sandbox accepted and whose sender was gone before the answer. */
async function unanswered(fleet: Fleet): Promise<number> {
  const answer = await fetch(`${fleet.sandbox.url}/_sandbox/state`);
  const { pixels } = (await answer.json()) as {
    pixels: Record<string, { unansweredEvents: number }>;
  };
  return Object.values(pixels).reduce((sum, pixel) => sum + pixel.unansweredEvents, 0);
}

/** By how many the dead letters of what Meta refuses differ from what Kafka has of it. */
async function refusedWrongly(
  fleet: Fleet,
  { ids }: TopicContent,
  refused: ReadonlySet<string>,
): Promise<number> {
  if (refused.size === 0) return 0;
  const dead = new Map<string, number>();
  for await (const { eventId, reason } of fleet.deadLetters()) {
    if (reason !== 'rejected_by_meta' || eventId === null) continue;
    dead.set(eventId, (dead.get(eventId) ?? 0) + 1);
  }
  let wrong = 0;
  for (const id of refused) wrong += Math.abs((dead.get(id) ?? 0) - (ids.get(id) ?? 0));
  return wrong;
}

/** Jobs in a queue, and open entries of envelopes. */
async function leftBehind({ redis, prefix }: Fleet): Promise<number> {
  const keys = createKeys(prefix);
  const entries = await Promise.all(PIXELS.map((pixel) => redis.hlen(keys.open(pixel))));
  const lanes = [...(await readLaneDepths(createStore(redis, prefix), PIXELS)).values()];
  const jobs = lanes.map(({ waiting, active, delayed, failed }) => {
    return waiting + active + delayed + failed;
  });
  return [...entries, ...jobs].reduce((sum, n) => sum + n, 0);
}

/** About as many of the good events are asked for. */
const SAMPLES = 25;

async function untold(fleet: Fleet, good: ReadonlySet<string>): Promise<string[]> {
  if (good.size === 0) return [];
  const configuration = await loadConfiguration(fleet.configuration, {});
  const sealer = sealerOf(configuration.sealing);
  const deps = { store: { ...fleet.store, sealer }, configuration };
  const every = Math.max(Math.floor(good.size / SAMPLES), 1);
  const missing: string[] = [];
  for (const id of [...good].filter((_, index) => index % every === 0)) {
    const { events } = await traceMessage(deps, id, null);
    if (!events.some(({ state }) => state === 'delivered')) missing.push(id);
  }
  return missing;
}
