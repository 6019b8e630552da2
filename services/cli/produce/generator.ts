import { BAD_KINDS, type BadKind, type BadKindName } from './bad-kinds.ts';
import { createCrowd } from './crowd.ts';
import { keyOf, writeEvent } from './event-text.ts';
import { Random } from './random.ts';
import { advance } from './session.ts';
import { openShops } from './shops.ts';
import { count, type MessageKind, startTally, type Tally } from './tally.ts';
import type { Step } from './visit.ts';

export interface GeneratorOptions {
  /** Any text: the same seed and the same start give the same messages, byte for byte. */
  readonly seed: string;
  /** Unix ms that counts as now until another moment is given. */
  readonly startMs: number;
  /** Names of shops, the busiest first; at least one. */
  readonly sources: readonly string[];
  /** How many of the messages are bad, 0 to 1. */
  readonly badShare: number;
}

/** What Kafka gets, and what is known about it. */
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
  readonly tally: Tally;
}

/** Traffic of some shops: many visits at once, each an ordered walk down the funnel. */
export function generateMessages(options: GeneratorOptions): MessageGenerator {
  const { seed, startMs, sources, badShare } = options;
  const random = new Random(`${seed}@${startMs}`);
  const crowd = createCrowd(openShops(sources, random), random);
  const pickKind = createKindPicker(random);
  const tally = startTally();

  const next = (nowMs = startMs): GeneratedMessage => {
    const session = crowd.pick(nowMs, tally.messages);
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
    count(tally, message, bad === null ? step.event : null);
    return message;
  };
  const take = (wanted: number, nowMs?: number): GeneratedMessage[] =>
    Array.from({ length: wanted }, () => next(nowMs));

  return { next, take, tally };
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
