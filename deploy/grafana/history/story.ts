/** Pixels of the fictional fleet, and their shares of the traffic. */
export const STORY_PIXELS = {
  '100000000000001': 0.55,
  '100000000000002': 0.3,
  '100000000000003': 0.15,
} as const;

/** Pixel → what people call it. */
export const PIXEL_NAMES: Readonly<Record<string, string>> = {
  '100000000000001': 'Shop EU',
  '100000000000002': 'Shop US',
  '100000000000003': 'Shop JP',
};

/** The label of events that belong to no pixel. */
export const UNKNOWN_PIXEL = 'none';

/** The traffic of one pixel at one moment; counts are events per second. */
export interface Flow {
  readonly arriving: number;
  readonly delivered: number;
  readonly queued: number;
  /** The age of the oldest event, in seconds. */
  readonly waiting: number;
  readonly lane: 'active' | 'throttled' | 'blocked';
  /** The share of requests that end in 5xx or without an answer. */
  readonly trouble: number;
}

/** One moment of the fictional history. */
export interface Moment {
  /** Unix seconds. */
  readonly at: number;
  readonly flows: ReadonlyMap<string, Flow>;
  /** 0 before the release of the story, 1 after it. */
  readonly release: 0 | 1;
  readonly week: Week;
  /** Progress of the story, from 0 to 1. */
  readonly part: number;
}

export type Week = 'this' | 'last';

/** The incidents of the story; times are fractions of its length. */
const THROTTLED = { pixel: '100000000000002', from: 0.3, to: 0.335 };
export const BLOCKED = { pixel: '100000000000003', from: 0.56, to: 0.63 };
const TROUBLE = { from: 0.42, to: 0.46 };
const RELEASE = 0.78;

const WEEK = 7 * 86_400;
const EVENTS_A_SECOND = 420;
/** How much faster a lane delivers while it catches up. */
const CATCHING_UP = 2.2;

/** A number between 0 and 1 that depends only on its text, so that all runs are equal. */
export function chance(words: string): number {
  let hash = 2166136261;
  for (let index = 0; index < words.length; index += 1) {
    hash = Math.imul(hash ^ words.charCodeAt(index), 16777619);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/**
 * Some hours of a fleet: traffic that rises and falls, a pixel that Meta throttles for a while, one
 * whose token expires and is replaced, a quarter of an hour of errors at Meta, and a release.
 */
export function story(end: number, hours: number, step: number, week: Week = 'this'): Moment[] {
  const count = Math.floor((hours * 3600) / step);
  const queued = new Map<string, number>();
  return Array.from({ length: count + 1 }, (_, index) => {
    const part = index / count;
    const flows = Object.entries(STORY_PIXELS).map(([pixel, share]): [string, Flow] => {
      const arriving = share * trafficAt(part, index);
      const flow = flowOf(pixel, arriving, part, queued.get(pixel) ?? 0, step);
      queued.set(pixel, flow.queued);
      return [pixel, flow];
    });
    const at = end - (week === 'last' ? WEEK : 0) - (count - index) * step;
    return { at, flows: new Map(flows), release: part < RELEASE ? 0 : 1, week, part };
  });
}

function trafficAt(part: number, index: number): number {
  const tide = 1 + 0.25 * Math.sin(part * 5.5) + 0.06 * Math.sin(part * 47);
  return EVENTS_A_SECOND * tide * (0.95 + 0.1 * chance(`traffic ${index}`));
}

function flowOf(pixel: string, arriving: number, part: number, before: number, step: number): Flow {
  const lane = laneAt(pixel, part);
  const most =
    lane === 'active' ? arriving * CATCHING_UP : lane === 'throttled' ? arriving * 0.1 : 0;
  const waiting = before + arriving * step;
  const delivered = Math.min(most, waiting / step);
  const queued = Math.max(waiting - delivered * step, 0) + arriving * 0.4;
  const trouble = part > TROUBLE.from && part < TROUBLE.to ? 0.18 : 0.002;
  return { arriving, delivered, queued, waiting: queued / arriving, lane, trouble };
}

function laneAt(pixel: string, part: number): Flow['lane'] {
  if (pixel === THROTTLED.pixel && part > THROTTLED.from && part < THROTTLED.to) return 'throttled';
  if (pixel === BLOCKED.pixel && part > BLOCKED.from && part < BLOCKED.to) return 'blocked';
  return 'active';
}
