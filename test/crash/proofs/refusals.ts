import { scrape } from '#local/scrape.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { type Scene, trial } from '#test/crash/trial.ts';
import { eventually } from '#test/support/deadline.ts';

const USER = 'refused';
const PASSWORD = 'refused-password';
const OFTEN = { everyMs: 50 };

/**
 * What each of ingest's intakes needs: reads before it, writes of ours and of BullMQ in the middle of
 * its script, the watermark at its end, and what its writes would be taken back with.
 */
const COMMANDS = [
  ...['mget', 'evalsha', 'hincrby', 'sadd', 'exists', 'incr', 'hget', 'hset', 'hmget', 'lpush'],
  ...['zadd', 'xadd', 'mset', 'lrem', 'zrem', 'hdel', 'del'],
];

/**
 * Redis answers a command in the middle of an intake with an error, because the user may not use it
 * just now. What came before it in the same script has been carried out by then.
 */
export async function refusals(
  { arena, seed, say }: Bench,
  options: { readonly times: number; readonly eventsPerSecond: number },
): Promise<Evidence> {
  const { times, eventsPerSecond } = options;
  const admin = connectForCommands(arena.redisUrl, () => {});
  await allow(admin);
  const url = new URL(arena.redisUrl);
  [url.username, url.password] = [USER, PASSWORD];
  const pace = { ingests: 1, workers: 1, eventsPerSecond };
  try {
    const verdict = await trial(
      arena,
      { seed, say, redisUrls: { ingest: url.href }, ...pace },
      async (scene) => {
        let loud = 0;
        for (let n = 0; n < times; n += 1) {
          const command = COMMANDS[n % COMMANDS.length] ?? '';
          if (await refuse(admin, command, scene)) loud += 1;
          say(`${String(n + 1).padStart(4)}/${times}  ${command} was refused`);
        }
        return loud;
      },
    );
    const faults = verdict.told === times ? [] : ['ingest was ready while Redis refused'];
    const words = `${times} times a command in the middle of intakes refused (${COMMANDS.length} different ones)`;
    return evidence(words, verdict, 0, { faults });
  } finally {
    await admin.call('ACL', 'DELUSER', USER);
    await admin.quit();
  }
}

async function allow(admin: Redis, ...rights: string[]): Promise<void> {
  await admin.call('ACL', 'SETUSER', USER, 'on', `>${PASSWORD}`, '~*', '&*', '+@all', ...rights);
}

/** Refuses a command until ingest has failed of it, and waits until it goes on; whether it said so. */
async function refuse(admin: Redis, command: string, { crew, fleet }: Scene): Promise<boolean> {
  const [ingest] = crew.of('ingest');
  if (ingest === undefined) return false;
  const failures = async () =>
    (await scrape([ingest.url])).sum('capi_redis_failures_total', { operation: 'take' });
  const before = await failures();
  let ready = true;
  await allow(admin, `-${command}`);
  await eventually(async () => {
    if ((await failures()) <= before) throw new Error(`${command} was refused, and nothing failed`);
    ready = (await fetch(`${ingest.url}/readyz`)).ok;
    if (ready) throw new Error('it is ready');
  }, OFTEN);
  await allow(admin);
  const consumed = async () =>
    [...(await fleet.ledgers()).values()].reduce((sum, ledger) => sum + ledger.consumed, 0);
  const taken = await consumed();
  await eventually(async () => {
    if ((await consumed()) === taken) throw new Error('ingest does not go on');
  }, OFTEN);
  return !ready;
}
