import { BAD_KINDS, type BadKind, type BadKindName } from './bad-kinds.ts';
import { keyOf, writeEvent } from './event-text.ts';
import { Random } from './random.ts';
import { advance, createCrowd } from './session.ts';
import { openShops } from './shops.ts';
import type { Step } from './visit.ts';

interface GeneratorOptions {
  /** Any text: the same seed and the same start give the same messages, byte for byte. */
  readonly seed: string;
  /** Unix ms that counts as now until a later time is given. */
  readonly startMs: number;
  /** Names of shops, the busiest first; at least one. */
  readonly sources: readonly string[];
  /** Share of bad messages, 0 to 1. */
  readonly badShare: number;
}

/** A message for Kafka, and what is known about it. */
export interface GeneratedMessage {
  /** `userId`, or `anonymousId` where the shopper is not logged in. */
  readonly key: string;
  readonly value: Buffer;
  readonly kind: MessageKind;
  /** `context.source`, or null where the message cannot be read. */
  readonly source: string | null;
}

export interface MessageGenerator {
  /**
   * The next message.
   * @param nowMs Unix ms; never before an earlier one
   */
  next(nowMs?: number): GeneratedMessage;
  /** The next `count` messages. */
  take(count: number, nowMs?: number): GeneratedMessage[];
  readonly counts: TrafficCounts;
}

/** Traffic of several shops: many concurrent visits, each an ordered walk down the funnel. */
export function generateMessages(options: GeneratorOptions): MessageGenerator {
  const { seed, startMs, sources, badShare } = options;
  const random = new Random(`${seed}@${startMs}`);
  const crowd = createCrowd(openShops(sources, random), random);
  const pickKind = createKindPicker(random);
  const counts = startCounts();

  const next = (nowMs = startMs): GeneratedMessage => {
    const session = crowd.pick(nowMs, counts.messages);
    const step = session.steps[session.next] as Step;
    const text = writeEvent(session, step, random);
    const bad = random.chance(badShare) ? pickKind() : null;
    if (bad === null) advance(session, nowMs, random);
    const message = {
      key: keyOf(session, step),
      value: bad === null ? Buffer.from(text) : spoil(BAD_KINDS[bad], text, nowMs, random),
      kind: bad ?? ('good' as const),
      source: bad === null || BAD_KINDS[bad].readable ? session.shopper.shop.source : null,
    };
    count(counts, message, bad === null ? step.event : null);
    return message;
  };
  const take = (wanted: number, nowMs?: number): GeneratedMessage[] =>
    Array.from({ length: wanted }, () => next(nowMs));

  return { next, take, counts };
}

function spoil(kind: BadKind, text: string, nowMs: number, random: Random): Buffer {
  const event = JSON.parse(text) as Record<string, unknown>;
  const made = kind.make({ text, event, nowMs, random });
  return typeof made === 'string' ? Buffer.from(made) : made;
}

/** Picks bad kinds by their weights. */
function createKindPicker(random: Random): () => BadKindName {
  const kinds = Object.entries(BAD_KINDS) as [BadKindName, BadKind][];
  const total = kinds.reduce((sum, [, kind]) => sum + kind.weight, 0);
  return () => {
    let left = (random.below(1_000_000) / 1_000_000) * total;
    for (const [name, kind] of kinds) {
      left -= kind.weight;
      if (left < 0) return name;
    }
    return 'not_json';
  };
}

type MessageKind = 'good' | BadKindName;

/** Counts of the messages generated so far. */
export interface TrafficCounts {
  messages: number;
  bytes: number;
  /** Messages by kind; kinds that did not occur are missing. */
  readonly kinds: Partial<Record<MessageKind, number>>;
  /** Good events by name. */
  readonly events: Record<string, number>;
  /** By `context.source`: good events, and messages of any kind that name it. */
  readonly sources: Record<string, { good: number; all: number }>;
}

function startCounts(): TrafficCounts {
  return { messages: 0, bytes: 0, kinds: {}, events: {}, sources: {} };
}

/**
 * Counts one message.
 * @param message `source` is the shop that a reader can recognise
 * @param event the name of a good event
 */
function count(
  counts: TrafficCounts,
  message: { kind: MessageKind; value: Buffer; source: string | null },
  event: string | null,
): void {
  const { kind, source } = message;
  counts.messages += 1;
  counts.bytes += message.value.length;
  counts.kinds[kind] = (counts.kinds[kind] ?? 0) + 1;
  if (event !== null) counts.events[event] = (counts.events[event] ?? 0) + 1;
  if (source === null) return;
  const shop = counts.sources[source] ?? { good: 0, all: 0 };
  counts.sources[source] = shop;
  shop.all += 1;
  if (kind === 'good') shop.good += 1;
}
