import { BAD_KINDS, type BadKind, type BadKindName } from './bad-kinds.ts';
import { keyOf, writeEvent } from './event-text.ts';
import type { ProduceOptions } from './flags.ts';
import { Random } from './random.ts';
import { advance, createCrowd } from './session.ts';
import { openShops } from './shops.ts';
import type { Step } from './visit.ts';

interface GeneratorOptions extends Pick<ProduceOptions, 'sources' | 'badShare'> {
  /** Any text: the same seed and the same start give the same messages, byte for byte. */
  readonly seed: string;
  /** Unix ms that counts as now until a later time is given. */
  readonly startMs: number;
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

export type MessageGenerator = ReturnType<typeof generateMessages>;

/** Traffic of several shops: many concurrent visits, each an ordered walk down the funnel. */
export function generateMessages(options: GeneratorOptions) {
  const { seed, startMs, sources, badShare } = options;
  const random = new Random(`${seed}@${startMs}`);
  const pickSession = createCrowd(openShops(sources, random), random);
  const counts: TrafficCounts = { messages: 0, bytes: 0, kinds: {}, events: {}, sources: {} };

  /** The next message. @param nowMs Unix ms; never before an earlier one */
  const next = (nowMs = startMs): GeneratedMessage => {
    const session = pickSession(nowMs, counts.messages);
    const step = session.steps[session.next] as Step;
    const text = writeEvent(session, step, random);
    const bad = random.chance(badShare)
      ? random.pickWeighted(BAD_NAMES, (name) => BAD_KINDS[name].weight)
      : null;
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

const BAD_NAMES = Object.keys(BAD_KINDS) as BadKindName[];

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

/** @param event the name of a good event */
function count(counts: TrafficCounts, message: GeneratedMessage, event: string | null): void {
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
