import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseFilter } from '#core/dead-letter/filter.ts';
import { freePort } from '#local/ports.ts';
import { startRedis } from '#local/redis.ts';
import { connectForCommands, type Redis } from '#store/connection.ts';
import { findGroups } from '#store/dead-letters/groups.ts';
import { planReplay } from '#store/dead-letters/replay/counts.ts';
import { select } from '#store/dead-letters/select.ts';
import { createSealer } from '#store/sealing.ts';
import { createStore } from '#store/store.ts';
import { PIXELS, SOURCES } from '#test/support/fleet.ts';
import { insertDeadLetters } from '#test/support/insert-dead-letters.ts';
import { deadTraffic } from './dead-traffic.ts';

/*
 * What a million dead letters cost: Redis memory each, the time to write them as ingest does, and
 * the time of what people ask. Once in pages as full as a mistake makes them, once in small ones as
 * single refusals make them.
 *
 *   node test/bench/dead-letters.ts [--json]
 */

const LETTERS = Number(process.env['BENCH_DEAD_LETTERS'] ?? 1_000_000);
const FEW = Math.min(LETTERS, 50_000);
const PREFIX = '{bench-dead}';
const sealer = createSealer('bench', [{ id: 'bench', key: randomBytes(32) }]);

interface Written {
  readonly bytesEach: number;
  readonly writeSeconds: number;
  /** The longest that Redis was busy with one step, as its client saw it. */
  readonly longestStepMs: number;
}

async function write(redis: Redis, n: number, atOnce: number): Promise<Written> {
  await redis.flushall();
  const before = await usedMemory(redis);
  const traffic = deadTraffic(PIXELS, SOURCES);
  let [seconds, longestStepMs] = [0, 0];
  for (let done = 0; done < n; done += atOnce) {
    const letters = traffic.take(Math.min(atOnce, n - done));
    const started = performance.now();
    await insertDeadLetters(createStore(redis, PREFIX), sealer, letters);
    const ms = performance.now() - started;
    seconds += ms / 1000;
    if (done > 0) longestStepMs = Math.max(longestStepMs, ms);
  }
  const bytesEach = ((await usedMemory(redis)) - before) / n;
  return { bytesEach, writeSeconds: seconds, longestStepMs };
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1] ?? 0);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function filterOf(text: string) {
  const parsed = parseFilter(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.filter;
}

/** The first 50 that pass, as a page of a list has them. */
async function firstPage(redis: Redis, text: string): Promise<number> {
  let found = 0;
  for await (const page of select({ ...createStore(redis, PREFIX), sealer }, filterOf(text), {
    order: 'newest',
  })) {
    found += page.length;
    if (found >= 50) return found;
  }
  return found;
}

const QUESTIONS: readonly (readonly [string, (redis: Redis) => Promise<unknown>])[] = [
  [
    'summary',
    (redis) => findGroups({ ...createStore(redis, PREFIX), sealer }, filterOf(''), Date.now()),
  ],
  [
    'summary of the last two hours',
    (redis) =>
      findGroups({ ...createStore(redis, PREFIX), sealer }, filterOf('since:2h'), Date.now()),
  ],
  ['page', (redis) => firstPage(redis, '')],
  [
    'page by reason and pixel',
    (redis) => firstPage(redis, `reason:rejected_by_meta pixel:${PIXELS[2]}`),
  ],
  ['page of a rare code', (redis) => firstPage(redis, 'code:190')],
  ['one event by its event_id', (redis) => firstPage(redis, 'eventid:none-has-this-one')],
  [
    'plan of a replay of all',
    (redis) => {
      const policy = { includeUnknown: false, forceLoop: false, pixelIds: new Set(PIXELS) };
      const letters = select({ ...createStore(redis, PREFIX), sealer }, filterOf(''), {
        order: 'oldest',
      });
      return planReplay(letters, policy, { max: null, now: Date.now() });
    },
  ],
];

async function measure(redis: Redis): Promise<object> {
  const bulk = await write(redis, LETTERS, 1000);
  const answers: Record<string, number> = {};
  for (const [name, ask] of QUESTIONS) {
    answers[name] = Math.round(await timed(() => ask(redis)));
  }
  const single = await write(redis, FEW, 1);
  return { letters: LETTERS, bulk, answersMs: answers, single: { letters: FEW, ...single } };
}

const folder = await mkdtemp(join(tmpdir(), 'capi-relay-bench-dead-'));
const port = await freePort();
const server = await startRedis({ folder, port, settings: { appendonly: 'no' } }, () => {});
const redis = connectForCommands(server.address, () => {});
try {
  process.stdout.write(`${JSON.stringify(await measure(redis), null, 2)}\n`);
} finally {
  redis.disconnect();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
