import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatCount } from '#core/text/format.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { type Scene, trial, UNDER_WAY } from '#test/crash/trial.ts';
import { makeCertificates, SERVER_NAME } from '#test/support/certificates.ts';
import {
  PRIMARY_NAME,
  startWatchedRedis,
  type WatchedRedis,
} from '#test/support/redis-sentinels.ts';

export interface SentinelsOptions {
  readonly times: number;
  readonly eventsPerSecond: number;
  readonly replicas: number;
  readonly workers: number;
  /** What every Redis is told besides. */
  readonly settings: Readonly<Record<string, string>>;
}

const PASSWORDS = { redis: 'password-of-redis', sentinel: 'password-of-sentinels' };

/**
 * The primary dies or sleeps, and Sentinels promote a replica, while ingest and workers reach Redis through
 * them: over TLS, as users with password files. What no replica had yet is forgotten.
 */
export async function sentinels(bench: Bench, options: SentinelsOptions): Promise<Evidence> {
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-sentinels-'));
  try {
    const secured = await startSecured(folder, options);
    try {
      return await promoteUnderLoad(bench, options, secured);
    } finally {
      await secured.watched.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param meanwhile what happens after the last failover, while the load goes on */
export async function promoteUnderLoad(
  { arena, seed, say, remembers = false }: Bench,
  options: SentinelsOptions,
  { watched, redis }: SecuredRedis,
  meanwhile: (scene: Scene) => Promise<void> = async () => {},
): Promise<Evidence> {
  const { times, eventsPerSecond, workers, replicas } = options;
  const pace = { ingests: 1, workers, eventsPerSecond, remembers };
  const result = await trial(arena, { seed, say, redis, ...pace }, async (scene) => {
    const undone = await promoteAgain(watched, scene, options, say);
    await meanwhile(scene);
    return undone;
  });
  const allowed = result.unknownAnswers + times * workers * UNDER_WAY + result.told;
  const disturbances = `the primary of ${replicas + 1} Redis servers killed or stopped ${times} times; three Sentinels promoted a replica, over TLS`;
  return evidence(disturbances, result, allowed, {
    notes: [
      `${formatCount(result.told)} events had been accepted in the last quarter of a second of a primary: what of them no replica had comes again`,
    ],
  });
}

/** Servers, and the section of the configuration that leads to them. */
export type SecuredRedis = Awaited<ReturnType<typeof startSecured>>;

/** Starts them in folders below one. */
export async function startSecured(
  folder: string,
  { replicas, settings }: Pick<SentinelsOptions, 'replicas' | 'settings'>,
) {
  const certificates = await makeCertificates(folder);
  const watched = await startWatchedRedis(folder, {
    replicas,
    certificates,
    settings: {
      ...settings,
      user: ['relay', 'on', `>${PASSWORDS.redis}`, '~*', '&*', '+@all', '-config'],
    },
    sentinelLines: [`user watcher on >${PASSWORDS.sentinel} +@all`],
  });
  const fileOf = async (name: keyof typeof PASSWORDS): Promise<string> => {
    const file = join(folder, `${name}-password`);
    await writeFile(file, `${PASSWORDS[name]}\n`);
    return file;
  };
  const tls = { caFile: certificates.ca, serverName: SERVER_NAME };
  const sentinel = { username: 'watcher', passwordFile: await fileOf('sentinel'), tls };
  const redis = {
    sentinels: { nodes: watched.nodes, name: PRIMARY_NAME, ...sentinel },
    username: 'relay',
    passwordFile: await fileOf('redis'),
    tls,
  };
  return { watched, redis };
}

/** Resolves to how many events were accepted while what is accepted might be forgotten. */
async function promoteAgain(
  watched: WatchedRedis,
  { fleet }: Scene,
  { times, replicas }: SentinelsOptions,
  say: Bench['say'],
): Promise<number> {
  let undone = 0;
  for (let n = 1; n <= times; n += 1) {
    await until(async () => (await watched.copies()) === replicas);
    await sleep(1000);
    const former = await watched.primary();
    const before = total(await fleet.accepted());
    await sleep(250);
    const sleeps = n % 2 === 0;
    if (sleeps) process.kill(former.pid() ?? 0, 'SIGSTOP');
    else await former.kill();
    undone += total(await fleet.accepted()) - before;
    await until(async () => (await watched.primary()) !== former);
    if (sleeps) process.kill(former.pid() ?? 0, 'SIGCONT');
    else if (n < times) await former.start();
    say(
      `${String(n).padStart(4)}/${times}  replica promoted; the primary was ${sleeps ? 'stopped' : 'killed'}`,
    );
  }
  return undone;
}

/** What hangs, rather than what is slow, in ms. */
const PATIENCE_MS = 300_000;

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > deadline) throw new Error('the Sentinels do not bring it about');
    await sleep(100);
  }
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
