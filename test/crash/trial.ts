import { Fleet } from '#test/support/fleet.ts';
import type { Arena } from './arena.ts';
import { type Audit, audit, settled } from './audit.ts';
import { Crew } from './crew.ts';
import { Load } from './load.ts';

/** Everything that a disturbance may lay hands on. */
export interface Scene {
  readonly arena: Arena;
  readonly fleet: Fleet;
  readonly crew: Crew;
  readonly load: Load;
}

export interface TrialOptions {
  readonly seed: string;
  readonly ingests?: number;
  readonly workers?: number;
  /** Of the load that goes on while the disturbance does its worst; 0 leaves sending to it. */
  readonly eventsPerSecond: number;
  readonly badShare?: number;
  /** Name of the Track events that the sandbox was told to refuse. */
  readonly refuse?: string;
  readonly sandboxArgs?: readonly string[];
  readonly sections?: Readonly<Record<string, unknown>>;
  /** Whether receipts are kept, and what is in Kafka twice is left out. */
  readonly remembers?: boolean;
  /** How long a worker waits for Meta's answer. */
  readonly graphTimeoutMs?: number;
  /** In place of the arena's own Redis, such as a proxy before it. */
  readonly redisUrl?: string;
  /** For a service alone. */
  readonly redisUrls?: Readonly<Partial<Record<'ingest' | 'worker', string>>>;
  /** How long everything may take to end after the last disturbance, in ms; ten minutes by default. */
  readonly settleMs?: number;
  readonly say: (line: string) => void;
}

/** How a trial ended. */
export interface TrialResult<T> {
  readonly audit: Audit;
  /** Whether every event ended in time. */
  readonly settled: boolean;
  /** `capi_worker_unknown_answer_events_total` over all workers. */
  readonly unknownAnswers: number;
  readonly unexpected: readonly string[];
  readonly exits: readonly (number | string)[];
  /** What the disturbance has to tell. */
  readonly told: T;
}

const REQUESTS = 3;
const BATCH = 200;
const PIXELS = 3;

export const LOCK_MS = 5000;
export const SESSION_MS = 3000;
/** The deadline of a stop, which a process keeps by its exit code; long, because the machine may be busy. */
export const STOP_MS = 120_000;

/** What configuration lets one worker have under way: requests × events, for each pixel. */
export const UNDER_WAY = REQUESTS * BATCH * PIXELS;

/** Small takes, batches and locks: more moments at which a kill can hurt, and a short wait for its end. */
const SECTIONS = {
  ingest: {
    port: 0,
    stopTimeoutMs: STOP_MS,
    sessionTimeoutMs: SESSION_MS,
    commitIntervalMs: 500,
    envelope: { maxEvents: 50, lingerMs: 20 },
  },
  worker: {
    port: 0,
    stopTimeoutMs: STOP_MS,
    lockMs: LOCK_MS,
    requestsPerPixel: REQUESTS,
    envelopesPerPixel: 12,
    batch: { maxEvents: BATCH, lingerMs: 20 },
    retry: { attempts: 100, baseMs: 100, capMs: 1000 },
  },
};

const REMEMBERING = {
  ingest: { ...SECTIONS.ingest, duplicates: { enabled: true } },
  receipts: { enabled: true },
};

const EVERY_MS = 100;

/** What hangs, rather than what is slow. */
const SETTLE_MS = 600_000;

/** A fleet under load, a disturbance, and then the question whether everything adds up. */
export async function trial<T>(
  arena: Arena,
  options: TrialOptions,
  disturb: (scene: Scene) => Promise<T>,
): Promise<TrialResult<T>> {
  const { seed, ingests = 1, workers = 2, eventsPerSecond, badShare = 0.02 } = options;
  const { remembers = false } = options;
  const fleet = await Fleet.prepare({
    resends: true,
    brokers: arena.brokers,
    redisUrl: options.redisUrl ?? arena.redisUrl,
    ...(options.redisUrls === undefined ? {} : { redisUrls: options.redisUrls }),
    sandboxArgs: options.sandboxArgs ?? ['--behaviour', '*=delay,ms:20-80'],
    sections: { ...SECTIONS, ...(remembers ? REMEMBERING : {}), ...options.sections },
    ...(options.graphTimeoutMs === undefined ? {} : { graphTimeoutMs: options.graphTimeoutMs }),
  });
  // Control repairs what a Redis that refuses commands, or comes back older, leaves in part.
  const crew = new Crew(fleet, { ingest: ingests, worker: workers, control: 1 });
  const chunk = Math.max(Math.round((eventsPerSecond * EVERY_MS) / 1000), 1);
  const pace = eventsPerSecond === 0 ? { chunk: 2000, everyMs: 0 } : { chunk, everyMs: EVERY_MS };
  const refusing = options.refuse === undefined ? {} : { refuse: options.refuse };
  const load = new Load(fleet, { seed, badShare, ...refusing, ...pace });
  try {
    await crew.start();
    if (eventsPerSecond > 0) load.start();
    const told = await disturb({ arena, fleet, crew, load });
    await load.stop();
    options.say(`${load.sent} messages sent; waiting until all of them have ended …`);
    const ended = await settled(fleet, arena.brokers, options.settleMs ?? SETTLE_MS);
    if (!ended) for (const words of await crew.lastWords()) options.say(words);
    const exits = await crew.stop();
    const { unknownAnswers, unexpected } = crew;
    const found = await audit(fleet, arena.brokers, load, remembers);
    return { audit: found, settled: ended, unknownAnswers, unexpected, exits, told };
  } finally {
    await load.stop();
    await crew.stop();
    await fleet.stop();
  }
}
