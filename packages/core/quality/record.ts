import type { EventQuality, QualityAnswer, QualityFailure } from './dataset-quality.ts';

/** The Event Match Quality of one day. */
export interface DailyScore {
  /** Days since 1970, UTC. */
  readonly day: number;
  readonly score: number;
}

/** What is remembered of the quality of a dataset. Times in Unix ms. */
export interface QualityRecord {
  readonly askedAt: number;
  /** When Meta last said it: `events` are as of then. Null until it has. */
  readonly answeredAt: number | null;
  /** When it is asked again. */
  readonly nextAt: number;
  /** Failures since the last answer, and the last of them; null after an answer. */
  readonly failures: number;
  readonly failure: QualityFailure | null;
  readonly events: readonly EventQuality[];
  readonly history: readonly { readonly eventName: string; readonly days: readonly DailyScore[] }[];
}

const DAY_MS = 86_400_000;

/** Days that the past of an event consists of. */
const PAST_DAYS = 14;

/** Fewer days are no past to compare with. */
const FEWEST_DAYS = 3;

/** Event names whose past is kept: Meta may report any number of custom events. */
const MOST_NAMES = 200;

/** Longest wait after failures. */
const LONGEST_WAIT_MS = DAY_MS;

export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/**
 * The record after an answer: a success replaces the events and adds to the past; a failure leaves both,
 * and each failure in a row doubles the wait, up to a day.
 */
export function applyAnswer(
  before: QualityRecord | null,
  answer: QualityAnswer,
  now: number,
  everyMs: number,
): QualityRecord {
  if (answer.ok) {
    return {
      askedAt: now,
      answeredAt: now,
      nextAt: now + everyMs,
      failures: 0,
      failure: null,
      events: answer.events,
      history: extended(before?.history ?? [], answer.events, dayOf(now)),
    };
  }
  const { failure } = answer;
  const failures = (before?.failures ?? 0) + 1;
  return {
    askedAt: now,
    answeredAt: before?.answeredAt ?? null,
    nextAt: now + waitAfter(failure, failures, everyMs),
    failures,
    failure,
    events: before?.events ?? [],
    history: before?.history ?? [],
  };
}

function waitAfter({ waitMs }: QualityFailure, failures: number, everyMs: number): number {
  const most = Math.max(LONGEST_WAIT_MS, everyMs);
  const doubled = Math.min(everyMs * 2 ** Math.min(failures - 1, 20), most);
  return Math.max(doubled, waitMs ?? 0);
}

/** Whether it is time to ask: also when a clock that jumped left a time that is too far away. */
export function isDue({ nextAt }: QualityRecord, now: number, everyMs: number): boolean {
  return nextAt <= now || nextAt - now > Math.max(LONGEST_WAIT_MS, everyMs);
}

type History = QualityRecord['history'];

function extended(history: History, events: readonly EventQuality[], today: number): History {
  const past = new Map(history.map(({ eventName, days }) => [eventName, days]));
  for (const { eventName, score } of events) {
    if (score === null) continue;
    const others = (past.get(eventName) ?? []).filter(({ day }) => day !== today);
    past.set(eventName, [...others, { day: today, score }]);
  }
  return [...past]
    .map(([eventName, days]) => ({ eventName, days: days.filter((each) => isPast(each, today)) }))
    .filter(({ days }) => days.length > 0)
    .slice(-MOST_NAMES);
}

/** Today counts too; what lies ahead was written by a clock that was wrong. */
function isPast({ day }: DailyScore, today: number): boolean {
  return day <= today && day >= today - PAST_DAYS;
}

/**
 * The score that an event usually has: the median of its last days, without today. Null where there are
 * too few of them.
 */
export function usualScore(history: History, eventName: string, now: number): number | null {
  const today = dayOf(now);
  const days = history.find((each) => each.eventName === eventName)?.days ?? [];
  const scores = days
    .filter((each) => isPast(each, today) && each.day !== today)
    .map(({ score }) => score)
    .sort((a, b) => a - b);
  if (scores.length < FEWEST_DAYS) return null;
  const [below = 0, above = 0] = [scores.length - 1, scores.length].map(
    (twice) => scores[Math.floor(twice / 2)],
  );
  return (below + above) / 2;
}
