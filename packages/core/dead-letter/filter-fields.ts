import { timeOf } from '../mapping/event-time.ts';
import { eventIdShown, eventNameShown } from '../privacy/harmless.ts';
import { DEAD_LETTER_REASONS, DEAD_LETTER_STAGES, type DeadLetterFacts } from './dead-letter.ts';
import { causeKey, causeOf, groupName } from './groups.ts';

/** Whether a dead letter matches a value. `now` is Unix ms. */
export type Test = (facts: DeadLetterFacts, now: number) => boolean;

/** A range of time. */
interface Span {
  /** Unix ms; nothing outside of the range can match. */
  readonly from: number;
  readonly to: number;
}

/** A field that selects dead letters. */
interface Field {
  /** For fields about the time of creation: the range in which a dead letter can match. */
  readonly span?: (value: string, now: number) => Span;
  /** The form of a value, for people. */
  readonly takes: string;
  /** All values, where there are only these. */
  readonly words?: readonly string[];
  /** Null when the field does not accept the value. */
  readonly read: (value: string) => Test | null;
}

/** The value for an unknown pixel. */
const NO_PIXEL = 'none';

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `90m`, `2h`, `3d` → ms; null for anything else. */
export function readSpan(text: string): number | null {
  const [, number = '', unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const factor = UNITS[unit];
  return factor === undefined ? null : Number(number) * factor;
}

/** A span before now, or a moment → Unix ms; null for anything else. */
function readMoment(text: string): ((now: number) => number) | null {
  const span = readSpan(text);
  if (span !== null) return (now) => now - span;
  const moment = text.includes('-') ? timeOf(text) : null;
  return moment === null ? null : () => moment;
}

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '': (a, b) => a === b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function word(words: readonly string[], of: (facts: DeadLetterFacts) => string): Field {
  const read = (value: string): Test | null =>
    words.includes(value) ? (facts) => of(facts) === value : null;
  return { takes: `one of ${words.join(', ')}`, words, read };
}

/** @param as how a value may be stored instead: as a reference */
function text(
  takes: string,
  of: (facts: DeadLetterFacts) => string | null,
  as: (text: string) => string = (text) => text,
): Field {
  const read = (value: string): Test => {
    const reference = as(value);
    return (facts) => {
      const found = of(facts);
      return found === value || found === reference;
    };
  };
  return { takes, read };
}

function number(takes: string, of: (facts: DeadLetterFacts) => number | null | undefined): Field {
  const read = (value: string): Test | null => {
    const [, sign = '', digits] = /^([<>]=?)?(\d{1,15})$/.exec(value) ?? [];
    const compare = COMPARISONS[sign];
    if (digits === undefined || compare === undefined) return null;
    return (facts) => {
      const found = of(facts) ?? null;
      return found !== null && compare(found, Number(digits));
    };
  };
  return { takes: `${takes}, such as 3, <3 or >=3`, read };
}

function readExpiry(value: string): Test | null {
  if (value === 'past') return ({ horizon }, now) => horizon !== null && horizon * 1000 <= now;
  const [, sign, span = ''] = /^([<>])(\w+)$/.exec(value) ?? [];
  const ms = readSpan(span);
  if (ms === null) return null;
  return ({ horizon }, now) => {
    const left = horizon === null ? 0 : horizon * 1000 - now;
    return left > 0 && (sign === '<' ? left < ms : left > ms);
  };
}

function died(edge: 'since' | 'until'): Field {
  const read = (value: string): Test | null => {
    const moment = readMoment(value);
    if (moment === null) return null;
    return ({ diedAt }, now) => diedAt >= moment(now) === (edge === 'since');
  };
  const span = (value: string, now: number): Span => {
    const moment = readMoment(value)?.(now) ?? 0;
    return edge === 'since' ? { from: moment, to: Infinity } : { from: 0, to: moment };
  };
  return { takes: 'a time such as 30m, 12h, 3d or 2026-11-20T10:00Z', read, span };
}

function contains(value: string): Test {
  const wanted = value.toLowerCase();
  return ({ message, refusal }) =>
    [message, refusal?.message ?? ''].some((words) => words.toLowerCase().includes(wanted));
}

/** Facts → the name of their cause: several values of a filter compare the same facts. */
const CAUSES = new WeakMap<DeadLetterFacts, string>();

function causeName(facts: DeadLetterFacts): string {
  const known = CAUSES.get(facts);
  if (known !== undefined) return known;
  const name = groupName(causeKey(causeOf(facts)));
  CAUSES.set(facts, name);
  return name;
}

function readCause(value: string): Test | null {
  return /^[\w-]{12}$/.test(value) ? (facts) => causeName(facts) === value : null;
}

/** Every field of the grammar; docs/dead-letters.md explains them. */
export const FIELDS: Readonly<Record<string, Field>> = {
  reason: word(DEAD_LETTER_REASONS, ({ reason }) => reason),
  pixel: text(`the id of a pixel, or ${NO_PIXEL}`, ({ pixelId }) => pixelId ?? NO_PIXEL),
  event: text(
    "an event name as Meta's servers know it",
    ({ eventName }) => eventName,
    eventNameShown,
  ),
  stage: word(DEAD_LETTER_STAGES, ({ stage }) => stage),
  code: number("Meta's error code", ({ refusal }) => refusal?.code),
  subcode: number("Meta's error subcode", ({ refusal }) => refusal?.subcode),
  status: number('an HTTP status', ({ refusal }) => refusal?.status),
  cause: { takes: 'the name of a cause, as summary --json and control have it', read: readCause },
  message: { takes: 'text in its message or in that of Meta', read: contains },
  since: died('since'),
  until: died('until'),
  expires: { takes: 'a time to the horizon such as <24h or >3d, or past', read: readExpiry },
  id: text('the id of a dead letter', ({ id }) => id),
  eventid: text('the event_id of a server event', ({ eventId }) => eventId, eventIdShown),
  trace: text("the trace id of Meta's answer", ({ refusal }) => refusal?.traceId ?? null),
  topic: text('a Kafka topic', ({ kafka }) => kafka.topic),
  partition: number('a partition', ({ kafka }) => kafka.partition),
  offset: number('an offset', ({ kafka }) => kafka.offset),
  attempts: number('how often it was sent', ({ attempts }) => attempts),
  replays: number('how often it was replayed', ({ replays }) => replays),
  unknown: word(['yes', 'no'], ({ unknown }) => (unknown ? 'yes' : 'no')),
};
