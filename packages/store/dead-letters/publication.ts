import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { SealError, type Sealer } from '../sealing.ts';
import type { OpenedLetter } from './dead-letters.ts';
import { writeLine, writeLineWithout } from './sealed-line.ts';

/** A dead letter as a message of a topic. */
export interface Publication {
  /** Where in Kafka it was read: all that ever died of a message stands in one partition, in order. */
  readonly key: string;
  /** The line that an export writes of it, still sealed. */
  readonly value: string;
  /** What a reader may choose by without looking into the value. */
  readonly headers: Readonly<Record<'id' | 'pixel' | 'stage' | 'reason', string>>;
  /** True when the value has no event: it does not open, or is larger than the topic takes. */
  readonly leftOut: boolean;
}

/** The longest value that is tried: a broker hangs up on requests far beyond what it takes. */
const MAX_VALUE_BYTES = 32 * 1024 * 1024;

const TOO_LARGE = 'it is larger than the topic takes, dead-letters export --sealed writes it';

/** @param store the installation that it is dead in */
export function publicationOf(letter: OpenedLetter, store: string, sealer: Sealer): Publication {
  const { facts, content } = letter;
  if (content instanceof SealError) return without(facts, store, content.message);
  const value = writeLine(letter, store, sealer);
  if (value === null || value.length > MAX_VALUE_BYTES) return without(facts, store, TOO_LARGE);
  return { ...addressOf(facts), value: value.trimEnd(), leftOut: false };
}

/** The same without its event, for a topic that does not take messages of its size. */
export function shortened({ value }: Publication): Publication {
  const {
    store,
    sealed: _,
    ...facts
  } = JSON.parse(value) as DeadLetterFacts & {
    store: string;
    sealed: string;
  };
  return without(facts, store, TOO_LARGE);
}

function without(facts: DeadLetterFacts, store: string, why: string): Publication {
  const value = writeLineWithout(facts, store, why).trimEnd();
  return { ...addressOf(facts), value, leftOut: true };
}

function addressOf({ id, pixelId, stage, reason, kafka }: DeadLetterFacts): {
  key: Publication['key'];
  headers: Publication['headers'];
} {
  const { topic, partition, offset } = kafka;
  const headers = { id, pixel: pixelId ?? 'none', stage, reason };
  return { key: `${topic}/${partition}/${offset}`, headers };
}
