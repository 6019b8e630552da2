/** In simulated seconds. */
export interface Course {
  readonly seconds: number;
  /** What comes before is not counted: nothing is in the queue then. */
  readonly countedFrom: number;
  /** When Redis does nothing; null where it is there all along. */
  readonly pause: { readonly at: number; readonly seconds: number } | null;
}

/** Events of a request that have been delivered, at the same age. */
export interface Delivery {
  readonly at: number;
  /** From Kafka to Meta's answer, in seconds. */
  readonly age: number;
  readonly events: number;
}

interface Totals {
  readonly ingest: number;
  readonly redis: number;
  readonly worker: number;
  readonly requests: number;
}

/** What a simulation showed: until Redis pauses, where it does. */
export interface Observed {
  readonly deliveredPerSecond: number;
  readonly requestsPerSecond: number;
  /** Ages in seconds. */
  readonly p50: number;
  readonly p99: number;
  /** The busy part of the thread, and of the busiest one where there are several. */
  readonly busy: { readonly ingest: number; readonly redis: number; readonly worker: number };
  /** Seconds after the pause until nine of ten events are no older than the p99 before; null without one. */
  readonly recoveredAfter: number | null;
}

export interface Ran {
  /** Seconds of work, and requests, when counting begins and when it ends. */
  readonly before: Totals;
  readonly after: Totals;
  readonly deliveries: readonly Delivery[];
}

export function observe(ran: Ran, { seconds, countedFrom, pause }: Course): Observed {
  const until = pause?.at ?? seconds;
  const since = (key: keyof Totals) => (ran.after[key] - ran.before[key]) / (until - countedFrom);
  const calm = ran.deliveries.filter(({ at }) => at >= countedFrom && at < until);
  const ages = calm.sort((one, other) => one.age - other.age);
  const p99 = quantile(ages, 0.99);
  return {
    deliveredPerSecond: sum(calm) / (until - countedFrom),
    requestsPerSecond: since('requests'),
    p50: quantile(ages, 0.5),
    p99,
    busy: { ingest: since('ingest'), redis: since('redis'), worker: since('worker') },
    recoveredAfter: pause === null ? null : recovery(ran.deliveries, pause.at + pause.seconds, p99),
  };
}

/**
 * How many seconds there were after that moment until one began in which nine of ten events, and in each
 * later one, are no older than the p99 before.
 */
function recovery(deliveries: readonly Delivery[], backAt: number, usual: number): number {
  const seconds = new Map<number, { all: number; late: number }>();
  for (const { at, age, events } of deliveries) {
    if (at < backAt) continue;
    const second = Math.floor(at - backAt);
    const { all, late } = seconds.get(second) ?? { all: 0, late: 0 };
    seconds.set(second, { all: all + events, late: late + (age > usual ? events : 0) });
  }
  const slow = [...seconds]
    .filter(([, { all, late }]) => late > all / 10)
    .map(([second]) => second);
  return Math.max(-1, ...slow) + 1;
}

/** Weighted by events; the deliveries are sorted by age. */
function quantile(deliveries: readonly Delivery[], q: number): number {
  const all = sum(deliveries);
  let passed = 0;
  for (const { age, events } of deliveries) {
    passed += events;
    if (passed >= q * all) return age;
  }
  return Number.POSITIVE_INFINITY;
}

function sum(deliveries: readonly Delivery[]): number {
  return deliveries.reduce((all, { events }) => all + events, 0);
}
