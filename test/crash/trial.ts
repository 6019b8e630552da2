import type { relayCommand } from '#local/relay-process.ts';
import type { Fleet } from '#test/support/fleet.ts';
import type { Arena } from './arena.ts';
import { type Audit, audit, putAway, settled } from './audit.ts';
import type { Crew } from './crew.ts';
import { Load } from './load.ts';
import { Stage, type StageOptions } from './stage.ts';

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
  /** Name of the Track events that the sandbox refuses from now on. */
  readonly refuse?: string;
  readonly sandboxArgs?: readonly string[];
  readonly sections?: Readonly<Record<string, unknown>>;
  /** Whether receipts are kept, and what is in Kafka twice is left out. */
  readonly remembers?: boolean;
  /** How long a worker waits for Meta's answer. */
  readonly graphTimeoutMs?: number;
  /** In place of the arena's own Redis, such as a proxy before it. */
  readonly redisUrl?: string;
  /** The configuration's `redis` section in place of a URL, without the prefix. */
  readonly redis?: Readonly<Record<string, unknown>>;
  /** For a service alone. */
  readonly redisUrls?: Readonly<Partial<Record<'ingest' | 'worker', string>>>;
  /** How to run the processes; without it, from the sources of this checkout. */
  readonly runs?: typeof relayCommand;
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

const INGEST = {
  port: 0,
  stopTimeoutMs: STOP_MS,
  sessionTimeoutMs: SESSION_MS,
  commitIntervalMs: 500,
  envelope: { maxEvents: 50, lingerMs: 20 },
  backpressure: { pollMs: 50 },
};

/** What the previous release takes, too: it knows no parking. */
export const KNOWN_BEFORE = { ingest: INGEST };

/** Small takes, batches and locks: more moments at which a kill can hurt, and a short wait for its end. */
const SECTIONS = {
  ingest: { ...INGEST, parking: { shareEvents: 100 } },
  worker: {
    port: 0,
    stopTimeoutMs: STOP_MS,
    lockMs: LOCK_MS,
    requestsPerPixel: REQUESTS,
    envelopesPerPixel: 12,
    batch: { maxEvents: BATCH, lingerMs: 20 },
    retry: { attempts: 100, baseMs: 100, capMs: 1000 },
    blocked: { probeMs: 300 },
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
  const { shared } = arena;
  const needed = stageOptions(arena, options);
  const stage = await (shared === undefined ? Stage.open(needed) : shared.take(needed));
  let reusable = false;
  try {
    const result = await run(stage, arena, options, disturb);
    reusable = shared !== undefined && result.settled && result.audit.lost === 0;
    return result;
  } finally {
    if (shared === undefined) await stage.close();
    else if (!reusable) await shared.close();
  }
}

function stageOptions(arena: Arena, options: TrialOptions): StageOptions {
  return {
    brokers: arena.brokers,
    redisUrl: options.redisUrl ?? arena.redisUrl,
    redis: options.redis ?? null,
    redisUrls: options.redisUrls ?? {},
    sandboxArgs: options.sandboxArgs ?? ['--behaviour', '*=delay,ms:20-80'],
    sections: { ...SECTIONS, ...(options.remembers ? REMEMBERING : {}), ...options.sections },
    graphTimeoutMs: options.graphTimeoutMs ?? null,
    ...(options.runs === undefined ? {} : { runs: options.runs }),
  };
}

async function run<T>(
  stage: Stage,
  arena: Arena,
  options: TrialOptions,
  disturb: (scene: Scene) => Promise<T>,
): Promise<TrialResult<T>> {
  const { ingests = 1, workers = 2, eventsPerSecond, refuse, say } = options;
  const { fleet, crew } = stage;
  const load = loadOf(fleet, options);
  try {
    // Control repairs what a Redis that refuses commands, or comes back older, leaves in part.
    await crew.assemble({ ingest: ingests, worker: workers, control: 1 });
    if (refuse !== undefined) await fleet.tell('behaviour', refusing(refuse));
    if (eventsPerSecond > 0) load.start();
    const told = await disturb({ arena, fleet, crew, load });
    await load.stop();
    say(`${load.sent} messages sent; waiting until all of them have ended …`);
    const ended = await settled(fleet, arena.brokers, options.settleMs ?? SETTLE_MS);
    if (!ended) for (const words of await crew.lastWords()) say(words);
    if (refuse !== undefined) await fleet.untell('reject_event');
    return { ...(await balance(stage, arena, load, options.remembers)), settled: ended, told };
  } finally {
    await load.stop();
  }
}

function loadOf(fleet: Fleet, options: TrialOptions): Load {
  const { seed, eventsPerSecond, refuse, badShare = 0.02 } = options;
  const chunk = Math.max(Math.round((eventsPerSecond * EVERY_MS) / 1000), 1);
  const pace = eventsPerSecond === 0 ? { chunk: 2000, everyMs: 0 } : { chunk, everyMs: EVERY_MS };
  return new Load(fleet, { seed, badShare, ...(refuse === undefined ? {} : { refuse }), ...pace });
}

function refusing(eventName: string) {
  return { pixel: '*', kind: 'reject_event', eventName };
}

/** Ends the processes, unless another trial may go on with them, and counts what is new since the last trial. */
async function balance(
  stage: Stage,
  { brokers, shared }: Arena,
  load: Load,
  remembers = false,
): Promise<Pick<TrialResult<unknown>, 'audit' | 'unknownAnswers' | 'unexpected' | 'exits'>> {
  const { fleet, crew, books } = stage;
  const unknown = await crew.unknownAnswers();
  const exits = shared === undefined ? await crew.stop() : crew.takeDismissed();
  if (shared !== undefined) await putAway(fleet, SETTLE_MS);
  const good = new Set([...books.good, ...load.good]);
  const known = { good, refused: load.refused };
  const found = await audit(fleet, brokers, known, remembers ? load.good : null);
  stage.books = { good, audit: found, unknownAnswers: unknown };
  return {
    audit: {
      ...found,
      messages: found.messages - books.audit.messages,
      duplicatedByIngest: found.duplicatedByIngest - books.audit.duplicatedByIngest,
      duplicatedByWorkers: found.duplicatedByWorkers - books.audit.duplicatedByWorkers,
      unanswered: found.unanswered - books.audit.unanswered,
    },
    unknownAnswers: unknown - books.unknownAnswers,
    unexpected: crew.unexpected.splice(0),
    exits,
  };
}
