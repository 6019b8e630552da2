/** The queue of a pixel: one each, so that whatever halts one pixel halts no other. */
export function queueName(pixelId: string): string {
  return `deliver-${pixelId}`;
}

/** Every key that is ours rather than BullMQ's, under the same prefix and so in the same slot. */
export interface Keys {
  /** Set of every pixel that was ever enqueued for. */
  readonly pixels: string;
  readonly deadFacts: string;
  readonly deadSealed: string;
  readonly deadCounts: string;
  readonly deadTimes: string;
  /** Who replays or purges dead letters. */
  readonly replayLock: string;
  /** Hash: pixel → why and until when its lane stands still. */
  readonly lanes: string;
  /** Hash of a pixel's ledger. */
  ledger(pixelId: string): string;
  /** Hash: envelope id → how many of its events are not settled yet. */
  open(pixelId: string): string;
  /** The next offset of a partition that has not been taken into Redis. */
  watermark(groupId: string, topic: string, partition: number): string;
  /** BullMQ's hash of a job. */
  job(pixelId: string, envelopeId: string): string;
}

export function createKeys(prefix: string): Keys {
  return {
    pixels: `${prefix}:pixels`,
    deadFacts: `${prefix}:dead:facts`,
    deadSealed: `${prefix}:dead:sealed`,
    deadCounts: `${prefix}:dead:counts`,
    deadTimes: `${prefix}:dead:times`,
    replayLock: `${prefix}:replay-lock`,
    lanes: `${prefix}:lanes`,
    ledger: (pixelId) => `${prefix}:ledger:${pixelId}`,
    open: (pixelId) => `${prefix}:open:${pixelId}`,
    watermark: (groupId, topic, partition) =>
      `${prefix}:watermark:${groupId}:${topic}:${partition}`,
    job: (pixelId, envelopeId) => `${prefix}:${queueName(pixelId)}:${envelopeId}`,
  };
}

/** The name under which the ledger and the metrics count what belongs to no pixel. */
export const NO_PIXEL = 'none';
