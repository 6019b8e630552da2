/** The queue of a pixel: one each, so that whatever halts one pixel halts no other. */
export function queueName(pixelId: string): string {
  return `deliver-${pixelId}`;
}

/** Where dead letters are kept: by page, and counted by group. */
export interface DeadLetterKeys {
  /** Sorted set: pages in the order in which they were written. */
  readonly order: string;
  /** Hashes: page → the facts of its dead letters; their contents; which of them are left. */
  readonly facts: string;
  readonly sealed: string;
  readonly marks: string;
  /** Hashes: group → its cause; how many there are of it. */
  readonly groups: string;
  readonly counts: string;
  /** Hashes: group and ten minutes → how many of it died then, and expire then. */
  readonly died: string;
  readonly expire: string;
  /**
   * Hash: how many there are in all (`held`), the number of the newest page (`pages`), and that of the
   * newest page that was published to a topic (`published:` and its name).
   */
  readonly totals: string;
  /**
   * Hashes: page → which of its dead letters were purged here; which were imported from elsewhere.
   * Sorted sets under the same names with `:since`: page → since when, in Unix seconds.
   */
  readonly purged: string;
  readonly imported: string;
}

/** Every key that is ours rather than BullMQ's, under the same prefix and so in the same slot. */
export interface Keys {
  /** Set of every pixel that was ever enqueued for. */
  readonly pixels: string;
  readonly dead: DeadLetterKeys;
  /** Who replays or purges dead letters. */
  readonly replayLock: string;
  /** Who looks for envelopes that are in Redis only in part. */
  readonly sweepLock: string;
  /** Who publishes dead letters to a topic. */
  publishLock(topic: string): string;
  /** Hash: pixel → why and until when its lane stands still. */
  readonly lanes: string;
  /** Sorted set: every replay that is remembered, by when it began. */
  readonly replays: string;
  /** Set: the replays that workers carry on. */
  readonly detachedReplays: string;
  /** Hash: what a replay is to do, and how far it has come. */
  replay(id: string): string;
  /** Stream: who did what to dead letters. */
  readonly audit: string;
  /** Hash of a pixel's ledger. */
  ledger(pixelId: string): string;
  /** Hash: envelope id → how many of its events are not settled yet. */
  open(pixelId: string): string;
  /** Hash: envelope id → how often it was begun alone, because its workers vanished before. */
  suspects(pixelId: string): string;
  /** Hash: envelope id → why it does not open. */
  unreadable(pixelId: string): string;
  /** How far a partition has been taken into Redis, as watermarks.ts writes it. */
  watermark(groupId: string, topic: string, partition: number): string;
  /** Which intake moved a watermark last, beside it. */
  marker(watermark: string): string;
  /** What tells this Redis and prefix from every other, as store-claim.ts writes it. */
  readonly store: string;
  /** Never exists: commands are tried on it. */
  readonly trial: string;
  /** Exists only while a script of a worker tries its commands on it. */
  readonly settlementTrial: string;
  /** BullMQ's hash of a job. */
  job(pixelId: string, envelopeId: string): string;
}

export function createKeys(prefix: string): Keys {
  return {
    pixels: `${prefix}:pixels`,
    dead: {
      order: `${prefix}:dead:order`,
      facts: `${prefix}:dead:facts`,
      sealed: `${prefix}:dead:sealed`,
      marks: `${prefix}:dead:marks`,
      groups: `${prefix}:dead:groups`,
      counts: `${prefix}:dead:counts`,
      died: `${prefix}:dead:died`,
      expire: `${prefix}:dead:expire`,
      totals: `${prefix}:dead:totals`,
      purged: `${prefix}:dead:purged`,
      imported: `${prefix}:dead:imported`,
    },
    replayLock: `${prefix}:replay-lock`,
    sweepLock: `${prefix}:sweep-lock`,
    publishLock: (topic) => `${prefix}:publish-lock:${topic}`,
    lanes: `${prefix}:lanes`,
    replays: `${prefix}:replays`,
    detachedReplays: `${prefix}:replays:detached`,
    replay: (id) => `${prefix}:replay:${id}`,
    audit: `${prefix}:audit`,
    ledger: (pixelId) => `${prefix}:ledger:${pixelId}`,
    open: (pixelId) => `${prefix}:open:${pixelId}`,
    suspects: (pixelId) => `${prefix}:suspects:${pixelId}`,
    unreadable: (pixelId) => `${prefix}:unreadable:${pixelId}`,
    watermark: (groupId, topic, partition) =>
      `${prefix}:watermark:${groupId}:${topic}:${partition}`,
    marker: (watermark) => `${watermark}:intake`,
    store: `${prefix}:store`,
    trial: `${prefix}:trial`,
    settlementTrial: `${prefix}:trial-of-settlement`,
    job: (pixelId, envelopeId) => `${prefix}:${queueName(pixelId)}:${envelopeId}`,
  };
}

/** The name under which the ledger and the metrics count what belongs to no pixel. */
export const NO_PIXEL = 'none';

/** The open entries of a pixel and every list of its jobs, in the order in which scripts expect them. */
export function listKeys(prefix: string, pixelId: string): string[] {
  const ofQueue = (part: string) => `${prefix}:${queueName(pixelId)}:${part}`;
  const lists = ['wait', 'active', 'prioritized', 'delayed', 'failed'];
  return [createKeys(prefix).open(pixelId), ...lists.map(ofQueue)];
}

/** The keys of a hold on an envelope, in the order in which its script expects them. */
export function leaseKeys(prefix: string, pixelId: string, envelopeId: string): string[] {
  const queue = `${prefix}:${queueName(pixelId)}`;
  const job = `${queue}:${envelopeId}`;
  return [job, `${job}:lock`, `${queue}:active`, `${queue}:stalled`];
}

/** Every key of one envelope, in the order in which its scripts expect them. */
export function envelopeKeys(prefix: string, pixelId: string, envelopeId: string): string[] {
  const keys = createKeys(prefix);
  const ofQueue = (part: string) => `${prefix}:${queueName(pixelId)}:${part}`;
  const job = keys.job(pixelId, envelopeId);
  const lists = ['active', 'wait', 'prioritized', 'delayed', 'stalled', 'marker', 'events'];
  const notes = [keys.suspects(pixelId), keys.unreadable(pixelId)];
  return [
    keys.open(pixelId),
    keys.ledger(pixelId),
    job,
    `${job}:lock`,
    ...lists.map(ofQueue),
    ...notes,
  ];
}
