import type { DeadLetterFacts, DeathFacts, SharedFacts } from '#core/dead-letter/dead-letter.ts';

/* How the facts of one dead letter stand in its page. */

export type Row = readonly [
  shared: number,
  partition: number,
  offset: number,
  timestamp: number,
  diedAt: number,
  horizon: number | null,
  eventId: string | null,
  attempts: number,
  replays: number,
  traceId: string | null,
  index: number | null,
  unknown: 0 | 1,
  numbers: string,
  /** Left out where the event is whole. */
  truncatedFrom?: number,
];

export interface Head {
  readonly v: number;
  /** Unix ms, a whole second. */
  readonly base: number;
  /** Unix ms. */
  readonly died: readonly [first: number, last: number];
  readonly shared: readonly SharedFacts[];
}

/** Stands where a number is; what people or Meta say has none. */
const PLACE = '\u0000';
const NUMBER = /\d+/g;

function withoutNumbers(words: string): string {
  return words.replaceAll(PLACE, '').replace(NUMBER, PLACE);
}

/** What a dead letter has in common with others. */
export function sharedOf(facts: DeathFacts): SharedFacts {
  const { pixelId, stage, reason, eventName, holds, kafka, refusal } = facts;
  const message = withoutNumbers(facts.message);
  const words = refusal && {
    status: refusal.status,
    code: refusal.code,
    subcode: refusal.subcode,
    message: withoutNumbers(refusal.message),
  };
  return { pixelId, stage, reason, message, eventName, holds, topic: kafka.topic, refusal: words };
}

/** What it has for itself. */
export function rowOf(facts: DeathFacts, shared: number, base: number): Row {
  const { kafka, diedAt, horizon, eventId, attempts, replays, refusal, unknown } = facts;
  const row: Row = [
    shared,
    kafka.partition,
    kafka.offset,
    kafka.timestamp - base,
    diedAt - base,
    horizon === null ? null : horizon - base / 1000,
    eventId,
    attempts,
    replays,
    refusal?.traceId ?? null,
    refusal?.index ?? null,
    unknown ? 1 : 0,
    [facts.message, refusal?.message ?? ''].flatMap((words) => words.match(NUMBER) ?? []).join(),
  ];
  return facts.truncatedFrom === undefined ? row : [...whole(row), facts.truncatedFrom];
}

type WholeRow = Row extends readonly [...infer R, number?] ? Readonly<R> : never;

function whole(row: Row): WholeRow {
  return row.slice(0, 13) as unknown as WholeRow;
}

/** Both together again; nothing where the page does not have what the row names. */
export function factsOf(
  id: string,
  row: Row,
  { base, shared }: Head,
): DeadLetterFacts | readonly never[] {
  const [which, partition, offset, timestamp, diedAt, horizon, eventId] = row;
  const [, , , , , , , attempts, replays, traceId, index, unknown, numbers, truncatedFrom] = row;
  const rest = numbers === '' ? [] : numbers.split(',');
  const fill = (words: string): string => words.replaceAll(PLACE, () => rest.shift() ?? '');
  const common = shared[which];
  if (common === undefined) return [];
  const { topic, refusal, ...facts } = common;
  const message = fill(facts.message);
  return {
    id,
    ...facts,
    message,
    kafka: { topic, partition, offset, timestamp: timestamp + base },
    diedAt: diedAt + base,
    horizon: horizon === null ? null : horizon + base / 1000,
    eventId,
    attempts,
    replays,
    refusal: refusal && { ...refusal, message: fill(refusal.message), traceId, index },
    unknown: unknown === 1,
    ...(truncatedFrom === undefined ? {} : { truncatedFrom }),
  };
}

/** Which of the shared facts a row as it is written names. */
export function sharedIn(row: string): number {
  return Number.parseInt(row.slice(1), 10);
}
