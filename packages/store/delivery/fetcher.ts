import { randomUUID } from 'node:crypto';
import { QueueKeys, RedisQueueBackend } from 'bullmq';
import { type EnvelopeData, readEnvelopeData } from '../intake/envelope.ts';
import { queueName } from '../keys.ts';
import { QUEUE_LISTS } from '../lua/agenda.ts';
import { UnexpectedReply } from '../lua/reply.ts';
import { runScript, type Script } from '../lua/scripts.ts';
import {
  commandsOf,
  type FetchScripts,
  fetchScript,
  type QueueVisit,
  type VisitReply,
  visitInput,
} from '../lua/visits.ts';
import type { Store } from '../store.ts';
import { parseJson } from '../stored-value.ts';
import { visitTimes } from './agenda.ts';
import { readOnlyQueue } from './queues.ts';

/** A job as it was fetched, locked for this process. */
export interface FetchedJob {
  readonly id: string;
  readonly token: string;
  /** Null when the job holds no envelope. */
  readonly data: EnvelopeData | null;
  readonly failures: number;
  readonly starts: number;
  readonly stalls: number;
  /** Before Redis was asked for it, on the clock of `performance.now()`. */
  readonly askedAt: number;
}

/** What a visit to a queue found. */
export interface Fetched {
  readonly jobs: readonly FetchedJob[];
  /** Whether more than that waits, and may be fetched. */
  readonly more: boolean;
  /** Why the visit ended early; null where it did not. */
  readonly failure: Error | null;
}

/** Fetches envelopes. */
export interface EnvelopeFetcher {
  /** @param check whether stalled envelopes are looked for first */
  fetch(pixelId: string, most: number, check: boolean): Promise<Fetched>;
}

interface Asked {
  readonly visit: QueueVisit;
  readonly answer: (fetched: Fetched) => void;
  readonly fail: (error: Error) => void;
}

export const VISIT_RESULTS = ['envelopes', 'nothing', 'error'] as const;

interface FetcherOptions {
  readonly lockMs: number;
  /** Told what each visit found. */
  readonly onVisit?: (found: (typeof VISIT_RESULTS)[number]) => void;
}

/** What ends its workers is quarantined by the handler; BullMQ must never end a job by itself. */
const MOST_STALLS = 1_000_000_000;

/** What ioredis knows of the scripts that a connection was taught. */
type Taught = Readonly<Record<string, { readonly lua: string; readonly numberOfKeys: number }>>;

/** BullMQ's scripts, and which keys of a queue they take in which order. */
interface Recorded extends FetchScripts {
  readonly fetchKeys: readonly string[];
  readonly stalledKeys: readonly string[];
}

/**
 * Fetches the envelopes of many pixels with one command: what is asked for in one turn of the event
 * loop goes together. What BullMQ does to fetch a job is BullMQ's own script, unchanged.
 */
export class BatchedFetcher implements EnvelopeFetcher {
  private asked: Asked[] = [];
  private fetches = 0;
  private readonly name = randomUUID();
  private script: Promise<{ script: Script<VisitReply[]>; recorded: Recorded }> | null = null;
  private readonly store: Store;
  private readonly options: FetcherOptions;

  /** @param store with a connection whose commands answer or fail */
  constructor(store: Store, options: FetcherOptions) {
    this.store = store;
    this.options = options;
  }

  async fetch(pixelId: string, most: number, check: boolean): Promise<Fetched> {
    const { recorded } = await this.learn();
    const visit = this.visitOf(pixelId, most, check, recorded);
    return new Promise((answer, fail) => {
      this.asked.push({ visit, answer, fail });
      if (this.asked.length === 1) setImmediate(() => this.fetchAll());
    });
  }

  private visitOf(pixelId: string, most: number, check: boolean, recorded: Recorded): QueueVisit {
    const { keys } = this.store;
    const ofQueue = (part: string): string => keys.ofQueue(pixelId, part);
    const queuePrefix = ofQueue('');
    const { checkMs } = visitTimes(this.options.lockMs);
    const checked = {
      keys: recorded.stalledKeys.map(ofQueue),
      args: [MOST_STALLS, queuePrefix, Date.now(), checkMs],
    };
    return {
      ...{ pixelId, most, queuePrefix },
      token: `${this.name}:${(this.fetches++).toString(36)}:`,
      keys: [...QUEUE_LISTS.map(ofQueue), ...recorded.fetchKeys.map(ofQueue)],
      stalled: check ? checked : null,
    };
  }

  private fetchAll(): void {
    const commands = commandsOf(this.asked);
    this.asked = [];
    for (const some of commands) {
      this.fetchSome(some).catch((error: Error) => {
        for (const { fail } of some) fail(error);
      });
    }
  }

  private async fetchSome(asked: readonly Asked[]): Promise<void> {
    const { redis, keys } = this.store;
    const { script } = await this.learn();
    const { lockMs, onVisit } = this.options;
    const { shareMs, recheckMs, fullMs } = visitTimes(lockMs);
    const visits = visitInput(asked.map(({ visit }) => visit));
    const askedAt = performance.now();
    const answers = await runScript(redis, script, {
      keys: [keys.agenda, keys.trial, ...visits.keys],
      args: [Date.now(), lockMs, shareMs, recheckMs, fullMs, ...visits.args],
    });
    if (answers.length !== asked.length) throw new UnexpectedReply(script.name, answers);
    asked.forEach(({ visit, answer }, index) => {
      const [failure, more, jobs] = answers[index] ?? ['no answer', 0, []];
      onVisit?.(failure !== '' ? 'error' : jobs.length > 0 ? 'envelopes' : 'nothing');
      answer({
        jobs: jobs.map((fields, n) => toJob(fields, `${visit.token}${n + 1}`, askedAt)),
        more: more === 1,
        failure: failure === '' ? null : new VisitError(failure),
      });
    });
  }

  /** Learns BullMQ's scripts from what it teaches a connection. */
  private learn(): Promise<{ script: Script<VisitReply[]>; recorded: Recorded }> {
    this.script ??= record(this.store).then(
      (recorded) => ({ script: fetchScript(recorded), recorded }),
      (error: unknown) => {
        this.script = null;
        throw error;
      },
    );
    return this.script;
  }
}

/** Redis refused a command in the middle of a visit; it is sorted as any other of its replies. */
class VisitError extends Error {
  override readonly name = 'ReplyError';
}

function toJob(
  [id, data, failures, starts, stalls]: VisitReply[2][number],
  token: string,
  askedAt: number,
): FetchedJob {
  return {
    ...{ id, token, askedAt },
    data: readEnvelopeData(parseJson(data)),
    ...{ failures: Number(failures), starts: Number(starts), stalls: Number(stalls) },
  };
}

async function record(store: Store): Promise<Recorded> {
  const { prefix } = store.keys;
  const name = queueName('recorded');
  const queue = readOnlyQueue(store, 'recorded');
  await queue.waitUntilReady();
  await queue.close();
  const commands: { name: string; args: readonly unknown[] }[] = [];
  const client = {
    async runCommand(command: string, args: readonly unknown[]) {
      commands.push({ name: command, args });
    },
  };
  const names = new QueueKeys(prefix);
  const toKey = (part: string): string => names.toKey(name, part);
  const recorder = { client: Promise.resolve(client) };
  const options = { connection: {}, prefix };
  const keys = names.getKeys(name);
  const backend = new RedisQueueBackend(
    recorder as never,
    ...([name, keys, toKey, options, undefined, false] as const),
  );
  await backend.moveToActive('token');
  await backend.moveStalledJobsToWait();
  const [fetch, stalled] = commands.map((command) => ({
    ...scriptOf(store, command.name),
    args: command.args,
  }));
  if (fetch === undefined || stalled === undefined)
    throw new Error('BullMQ fetches jobs in a way that is not known here');
  const partsOf = ({ args, keys }: { args: readonly unknown[]; keys: number }): string[] =>
    args.slice(0, keys).map((key) => String(key).slice(toKey('').length));
  return { fetch, stalled, fetchKeys: partsOf(fetch), stalledKeys: partsOf(stalled) };
}

function scriptOf({ redis }: Store, name: string): { lua: string; keys: number } {
  const known = (redis.scriptsSet as Taught)[name];
  if (known === undefined) throw new Error(`the connection does not know the script ${name}`);
  return { lua: known.lua, keys: known.numberOfKeys };
}
