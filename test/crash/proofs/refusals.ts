import { setTimeout as sleep } from 'node:timers/promises';
import { scrape } from '#local/scrape.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { LOCK_MS, type Scene, trial } from '#test/crash/trial.ts';
import { eventually } from '#test/support/deadline.ts';

const PASSWORD = 'refused-password';
const OFTEN = { everyMs: 150 };

/**
 * What each of ingest's intakes needs: reads before it, writes of ours and of BullMQ in the middle of
 * its script, the watermark at its end, and what its writes would be taken back with.
 */
const INTAKE_COMMANDS = [
  ...['mget', 'evalsha', 'hincrby', 'sadd', 'exists', 'incr', 'hget', 'hset', 'hmget', 'lpush'],
  ...['zadd', 'xadd', 'mset', 'lrem', 'zrem', 'hdel', 'del'],
];

/**
 * What a worker needs: the scripts with which BullMQ fetches a job and finds the stalled ones, and
 * ours that renew, claim, settle and heal envelopes and that halt and open lanes. BullMQ's scripts
 * take nothing back: a command that is refused in the middle of one leaves a job in no list.
 */
const WORKER_COMMANDS = [
  ...['rpoplpush', 'incr', 'set', 'hmset', 'hincrby', 'lpush', 'rpush', 'zrem', 'zadd', 'hset'],
  ...['lrem', 'srem', 'sadd', 'xadd', 'xtrim', 'hdel', 'del', 'evalsha', 'hget', 'hmget', 'get'],
  ...['exists', 'hexists', 'hgetall', 'lrange', 'smembers', 'zrangebyscore', 'zpopmin', 'bzpopmin'],
  ...['pexpire', 'hvals', 'lpos'],
];

/** A worker is refused a command for so long, in ms: below the time of a lock, which then runs out. */
const MOMENT_MS = LOCK_MS / 5;

/** Meta refuses some requests for a while, so that jobs are delayed and lanes halted and opened. */
const SICK = ['*=delay,ms:20-80', '*=status,status:503,probability:0.1'];

export interface RefusalsOptions {
  /** How often a command is refused to ingest, and how often one to the workers. */
  readonly ingest: number;
  readonly workers: number;
  readonly eventsPerSecond: number;
}

/**
 * Redis answers a command in the middle of a script with an error, because the user may not use it
 * just now. What came before it in the same script has been carried out by then.
 */
export async function refusals(
  { arena, seed, say }: Bench,
  options: RefusalsOptions,
): Promise<Evidence> {
  const admin = connectForCommands(arena.redisUrl, () => {});
  const users = {
    ingest: new RefusedUser(admin, 'ingest'),
    worker: new RefusedUser(admin, 'worker'),
  };
  await users.ingest.allow();
  await users.worker.allow();
  const redisUrls = {
    ingest: users.ingest.url(arena.redisUrl),
    worker: users.worker.url(arena.redisUrl),
  };
  const pace = { ingests: 1, workers: 2, eventsPerSecond: options.eventsPerSecond };
  const sandboxArgs = SICK.flatMap((behaviour) => ['--behaviour', behaviour]);
  try {
    const result = await trial(arena, { seed, say, redisUrls, sandboxArgs, ...pace }, (scene) =>
      refuseAll(scene, users, options, say),
    );
    const { loud, noticed } = result.told;
    const faults = loud === options.ingest ? [] : ['ingest was ready while Redis refused'];
    const words = `a command refused ${options.ingest} times in the middle of intakes (${INTAKE_COMMANDS.length} different ones), ${options.workers} times to both workers (${WORKER_COMMANDS.length} different ones)`;
    const notes = [
      `workers met ${noticed} of the ${options.workers} refusals within a second each`,
    ];
    return evidence(words, result, result.unknownAnswers, { faults, notes });
  } finally {
    for (const user of Object.values(users)) await user.remove();
    await admin.quit();
  }
}

interface Users {
  readonly ingest: RefusedUser;
  readonly worker: RefusedUser;
}

async function refuseAll(
  scene: Scene,
  users: Users,
  { ingest, workers }: RefusalsOptions,
  say: (line: string) => void,
): Promise<{ loud: number; noticed: number }> {
  let [loud, noticed] = [0, 0];
  // From here on ingest and workers are in the middle of their work, not at its beginning.
  await eventually(async () => {
    if ((await sumOf(scene.fleet, 'delivered')) === 0) throw new Error('nothing is delivered');
  }, OFTEN);
  for (let n = 0; n < ingest; n += 1) {
    const command = INTAKE_COMMANDS[n % INTAKE_COMMANDS.length] ?? '';
    if (await refuseIngest(users.ingest, command, scene)) loud += 1;
    say(`${String(n + 1).padStart(4)}/${ingest}  ${command} was refused to ingest`);
  }
  for (let n = 0; n < workers; n += 1) {
    const command = WORKER_COMMANDS[n % WORKER_COMMANDS.length] ?? '';
    const met = await refuseWorkers(users.worker, command, scene);
    if (met) noticed += 1;
    say(
      `${String(n + 1).padStart(4)}/${workers}  ${command} was refused to workers${met ? '' : ', who did not need it'}`,
    );
  }
  return { loud, noticed };
}

/** Someone whose right to a command is taken away and given back. */
class RefusedUser {
  private readonly admin: Redis;
  private readonly name: string;

  constructor(admin: Redis, name: string) {
    this.admin = admin;
    this.name = `refused-${name}`;
  }

  url(of: string): string {
    const url = new URL(of);
    [url.username, url.password] = [this.name, PASSWORD];
    return url.href;
  }

  /** Everything, except what `rights` takes away. */
  async allow(...rights: string[]): Promise<void> {
    const rules = ['on', `>${PASSWORD}`, '~*', '&*', '+@all', ...rights];
    await this.admin.call('ACL', 'SETUSER', this.name, ...rules);
  }

  async remove(): Promise<void> {
    await this.admin.call('ACL', 'DELUSER', this.name);
  }
}

/** Refuses a command until ingest has failed of it, and waits until it goes on; whether it said so. */
async function refuseIngest(
  user: RefusedUser,
  command: string,
  { crew, fleet }: Scene,
): Promise<boolean> {
  const [ingest] = crew.of('ingest');
  if (ingest === undefined) return false;
  const failures = async () =>
    (await scrape([ingest.url])).sum('capi_redis_failures_total', { operation: 'intake' });
  const before = await failures();
  let ready = true;
  await user.allow(`-${command}`);
  await eventually(async () => {
    if ((await failures()) <= before) throw new Error(`${command} was refused, and nothing failed`);
    ready = (await fetch(`${ingest.url}/readyz`)).ok;
    if (ready) throw new Error('it is ready');
  }, OFTEN);
  await user.allow();
  const consumed = () => sumOf(fleet, 'consumed');
  const taken = await consumed();
  await eventually(async () => {
    if ((await consumed()) === taken) throw new Error('ingest does not go on');
  }, OFTEN);
  return !ready;
}

/** Refuses a command for a moment, and waits until workers deliver again; whether any of them met it. */
async function refuseWorkers(
  user: RefusedUser,
  command: string,
  { crew, fleet }: Scene,
): Promise<boolean> {
  const failures = async () =>
    (await scrape(crew.of('worker').map(({ url }) => url))).sum('capi_redis_failures_total');
  const before = await failures();
  await user.allow(`-${command}`);
  await sleep(MOMENT_MS);
  await user.allow();
  const delivered = await sumOf(fleet, 'delivered');
  await eventually(async () => {
    if ((await sumOf(fleet, 'delivered')) === delivered)
      throw new Error(`workers do not go on after ${command}`);
  }, OFTEN);
  return (await failures()) > before;
}

async function sumOf(fleet: Scene['fleet'], field: 'consumed' | 'delivered'): Promise<number> {
  return [...(await fleet.ledgers()).values()].reduce((sum, ledger) => sum + ledger[field], 0);
}
