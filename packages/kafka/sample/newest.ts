/** A message as far as it matters for being among the newest. */
export interface ScannedMessage {
  readonly offset: number;
  /** Unix ms; -1 where the message has none. */
  readonly timestamp: number;
}

/** The end of a partition's log, as far back as it was scanned. */
export interface ScannedTail {
  /** Messages from `from` on, in the order of their offsets. */
  readonly messages: readonly ScannedMessage[];
  /** The first offset that was scanned. */
  readonly from: number;
  /** The oldest offset of the log. */
  readonly low: number;
}

/**
 * How many messages of each tail are among the newest of all, by their timestamps. Of equal ones, each
 * tail gives as many.
 */
export function countNewest(tails: readonly ScannedTail[], count: number): readonly number[] {
  const all = tails.flatMap(({ messages }, tail) =>
    messages.map(({ timestamp }, at) => ({ tail, timestamp, rank: messages.length - at })),
  );
  const newest = all
    .sort((a, b) => b.timestamp - a.timestamp || a.rank - b.rank || a.tail - b.tail)
    .slice(0, count);
  const counts = tails.map(() => 0);
  for (const { tail } of newest) counts[tail] = (counts[tail] ?? 0) + 1;
  return counts;
}

/** Whether what lies before a scanned tail may be among the newest too: all of the tail is. */
export function reachesFurther(tail: ScannedTail, taken: number): boolean {
  return taken === tail.messages.length && tail.from > tail.low;
}
