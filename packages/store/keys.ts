/** The queue of a pixel: one each, so that whatever halts one pixel halts no other. */
export function queueName(pixelId: string): string {
  return `deliver-${pixelId}`;
}

/**
 * Every key that is ours rather than BullMQ's, under one prefix and so in one slot of a cluster. The
 * names are part of what earlier releases wrote: they stay.
 */
export function createKeys(prefix: string) {
  return {
    /** What BullMQ puts before its own keys. */
    prefix,
    /** Set of every pixel that was ever enqueued for. */
    pixels: `${prefix}:pixels`,
    dead: createDeadKeys(prefix),
    /** Owner of the lock on dead letters: one replay or purge at a time. */
    replayLock: `${prefix}:replay-lock`,
    /** Owner of the lock on the duties of the fleet: the control process that does them. */
    dutiesLock: `${prefix}:duties-lock`,
    /** Owner of the lock on publishing dead letters to a topic. */
    publishLock: (topic: string) => `${prefix}:publish-lock:${topic}`,
    /** Hash: pixel → why and until when its lane is halted. */
    lanes: `${prefix}:lanes`,
    /** Sorted set: every replay that is remembered, by when it began. */
    replays: `${prefix}:replays`,
    /** Set: the replays that run detached. */
    detachedReplays: `${prefix}:replays:detached`,
    /** Hash: what a replay is to do, and its progress. */
    replay: (id: string) => `${prefix}:replay:${id}`,
    /** Stream: every action of a person on dead letters and lanes. */
    audit: `${prefix}:audit`,
    /** What Meta said of the quality of a pixel's events, as quality.ts writes it. */
    quality: (pixelId: string) => `${prefix}:quality:${pixelId}`,
    /** Hash: how many events of a pixel were enqueued on a day, and how many with each field of user_data. */
    sentFields: (pixelId: string, day: number) => `${prefix}:sent-fields:${pixelId}:${day}`,
    /** The next offset of a partition, as watermarks.ts writes it. */
    watermark: (groupId: string, topic: string, partition: number) =>
      `${prefix}:watermark:${groupId}:${topic}:${partition}`,
    /** The name of the intake that moved a watermark last, beside it. */
    marker: (watermark: string) => `${watermark}:intake`,
    /** The id of this Redis and prefix, as claim.ts writes it. */
    store: `${prefix}:store`,
    ...createFleetKeys(prefix),
    ...createParkedKeys(prefix),
    ...createMessageKeys(prefix),
    ...createPixelKeys(prefix),
    ...createTailKeys(prefix),
  };
}

/** Keys of processes. */
function createFleetKeys(prefix: string) {
  return {
    /** Hash: a process of the fleet → what it announces of itself. */
    processes: `${prefix}:processes`,
    /** Never exists: commands are tried on it. */
    trial: `${prefix}:trial`,
    /** Exists only while a settlement tries its commands on it. */
    settlementTrial: `${prefix}:trial-of-settlement`,
  };
}

/** What workers do, for people who run `tail`. */
function createTailKeys(prefix: string) {
  return {
    /** Exists while `tail` runs, and a moment longer. */
    tailed: `${prefix}:tailed`,
    /** Stream: batches and answers of all workers while `tail` runs; it expires. */
    tail: `${prefix}:tail`,
  };
}

/** Events that stay in Kafka while their lanes are halted. */
function createParkedKeys(prefix: string) {
  return {
    /** Hash: partition that has parked ranges → how long Kafka keeps its messages, in ms; empty where it is not known. */
    parked: `${prefix}:parked`,
    /** Hash: pixel → its parked range in a partition, as parking/ranges.ts reads it. */
    parkedOf: (groupId: string, topic: string, partition: number) =>
      `${prefix}:parked:${groupId}:${topic}:${partition}`,
  };
}

/** What is known of messages by their ids. */
function createMessageKeys(prefix: string) {
  return {
    /** Hash: part of the window for repeated events → since when, and how many names. Each part is a set. */
    repeated: `${prefix}:repeated`,
    /** Hash: part of the receipts → since when, and its bytes. Each part is a stream, `:` and its number behind this name. */
    receipts: `${prefix}:receipts`,
  };
}

/** Keys of dead letters: by page, and counted by group. */
function createDeadKeys(prefix: string) {
  return {
    /** Sorted set: pages in the order in which they were written. */
    order: `${prefix}:dead:order`,
    /** Hashes: page → the facts of its dead letters; their contents; which of them are left. */
    facts: `${prefix}:dead:facts`,
    sealed: `${prefix}:dead:sealed`,
    marks: `${prefix}:dead:marks`,
    /** Hashes: group → its cause; how many there are of it. */
    groups: `${prefix}:dead:groups`,
    counts: `${prefix}:dead:counts`,
    /** Hashes: group and ten minutes → how many of it died then, and expire then. */
    died: `${prefix}:dead:died`,
    expire: `${prefix}:dead:expire`,
    /** Hash: cause → who knows of it, and until when, as acknowledged.ts writes it. */
    acknowledged: `${prefix}:dead:acknowledged`,
    /**
     * Hash: how many there are in all (`held`), the number of the newest page (`pages`), and that of
     * the newest page that was published to a topic (`published:` and its name).
     */
    totals: `${prefix}:dead:totals`,
    /**
     * Hashes: page → which of its dead letters were purged here; which were imported from elsewhere.
     * Sorted sets under the same names with `:since`: page → since when, in Unix seconds.
     */
    purged: `${prefix}:dead:purged`,
    imported: `${prefix}:dead:imported`,
  };
}

/** Keys of one pixel. */
function createPixelKeys(prefix: string) {
  const ofQueue = (pixelId: string, part: string) => `${prefix}:${queueName(pixelId)}:${part}`;
  return {
    /** Hash of a pixel's ledger. */
    ledger: (pixelId: string) => `${prefix}:ledger:${pixelId}`,
    /** Hash: envelope id → how many of its events are not settled yet. */
    open: (pixelId: string) => `${prefix}:open:${pixelId}`,
    /** Hash: envelope id → how often it was tried alone, because its workers vanished before. */
    suspects: (pixelId: string) => `${prefix}:suspects:${pixelId}`,
    /** Hash: envelope id → why it does not open. */
    unreadable: (pixelId: string) => `${prefix}:unreadable:${pixelId}`,
    /** A key of the queue of a pixel, such as its list `wait`: BullMQ's. */
    ofQueue,
    /** BullMQ's hash of a job. */
    job: ofQueue,
  };
}

export type Keys = Readonly<ReturnType<typeof createKeys>>;

/** The name under which the ledger and the metrics count what belongs to no pixel. */
export const NO_PIXEL = 'none';

/** The open entries of a pixel and every list of its jobs, in the order in which scripts expect them. */
export function listKeys(keys: Keys, pixelId: string): string[] {
  const lists = ['wait', 'active', 'prioritized', 'delayed', 'failed'];
  return [keys.open(pixelId), ...lists.map((list) => keys.ofQueue(pixelId, list))];
}

/** The keys of a lease on an envelope, in the order in which its script expects them. */
export function leaseKeys(keys: Keys, pixelId: string, envelopeId: string): string[] {
  const job = keys.job(pixelId, envelopeId);
  const lists = ['active', 'stalled'].map((list) => keys.ofQueue(pixelId, list));
  return [job, `${job}:lock`, ...lists];
}

/** Every key of one envelope, in the order in which its scripts expect them. */
export function envelopeKeys(keys: Keys, pixelId: string, envelopeId: string): string[] {
  const job = keys.job(pixelId, envelopeId);
  const lists = ['active', 'wait', 'prioritized', 'delayed', 'stalled', 'marker', 'events'];
  return [
    keys.open(pixelId),
    keys.ledger(pixelId),
    job,
    `${job}:lock`,
    ...lists.map((list) => keys.ofQueue(pixelId, list)),
    keys.suspects(pixelId),
    keys.unreadable(pixelId),
  ];
}
