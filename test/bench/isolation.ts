import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateMessages } from '#cli/produce/generator.ts';
import { type LocalServices, startServices } from '#local/services.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, TOKEN } from '#test/support/fleet.ts';
import { type Arrival, IsolationProxy } from './isolation-proxy.ts';

/*
 * One of twenty pixels is sick: how much older do the events of the other nineteen become? Runs with
 * and without a sick pixel follow each other in the same processes, so that both have the same share
 * of the machine.
 */
const PIXELS = Array.from({ length: 20 }, (_, at) => `2000000000000${String(at).padStart(2, '0')}`);
const SOURCES = PIXELS.map((_, at) => `source-${at}`);
const [SICK = ''] = PIXELS;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const RUN_MS = Number(process.env['BENCH_RUN_MS'] ?? 12_000);
const RATE = Number(process.env['BENCH_RATE'] ?? 1500);
const TICK_MS = 50;
/** The first part of a run, in which the sick lane is found out, counts like the rest. */
const SICKNESSES: Readonly<Record<string, Record<string, unknown> | null>> = {
  healthy: null,
  failing: { kind: 'status', status: 500 },
  hanging: { kind: 'hang', when: 'before_judging' },
  throttled: { kind: 'throttle', regainMinutes: 0, retryAfterSeconds: 2 },
};

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function prepare(
  { brokers, redisUrl }: LocalServices,
  proxied: (url: string) => Promise<string>,
) {
  const pixels = PIXELS.map((pixelId, at) => ({
    pixelId,
    accessToken: TOKEN,
    events: { where: { 'context.source': SOURCES[at] } },
  }));
  const fleet = await Fleet.prepare({ brokers, redisUrl, sections: { pixels } });
  const file = JSON.parse(await readFile(fleet.configuration, 'utf8'));
  file.graphApi.url = await proxied(fleet.sandbox.url);
  await writeFile(fleet.configuration, JSON.stringify(file));
  await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
  return fleet;
}

const generator = generateMessages({
  seed: 'isolation',
  startMs: Date.now(),
  sources: SOURCES,
  badShare: 0,
});

/** Sends at a steady rate; resolves to when each event was sent. */
async function send(fleet: Fleet): Promise<Map<string, number>> {
  const sentAt = new Map<string, number>();
  const begin = Date.now();
  for (let tick = 1; tick * TICK_MS <= RUN_MS; tick += 1) {
    const messages = generator.take(Math.round((RATE * TICK_MS) / 1000));
    const now = Date.now();
    for (const { value } of messages) {
      sentAt.set((JSON.parse(value.toString()) as { messageId: string }).messageId, now);
    }
    await fleet.send(messages);
    const rest = begin + tick * TICK_MS - Date.now();
    if (rest > 0) await sleep(rest);
  }
  return sentAt;
}

async function drained(fleet: Fleet, pixels: readonly string[]): Promise<void> {
  await eventually(
    async () => {
      const ledgers = await fleet.ledgers();
      const queued = pixels.map((pixel) => ledgers.get(pixel)?.queued ?? 0);
      if (queued.some((events) => events > 0)) throw new Error('events are still under way');
    },
    { everyMs: 100 },
  );
}

/** The 99th percentile of the age of the events of the nineteen, in ms. */
function p99(sentAt: ReadonlyMap<string, number>, arrivals: readonly Arrival[]): number {
  const ages = arrivals
    .filter(({ pixel, eventId }) => pixel !== SICK && sentAt.has(eventId))
    .map(({ eventId, at }) => at - (sentAt.get(eventId) ?? at))
    .sort((a, b) => a - b);
  return ages[Math.floor(ages.length * 0.99)] ?? Number.NaN;
}

async function run(fleet: Fleet, proxy: IsolationProxy, sickness: string): Promise<number> {
  const behaviour = SICKNESSES[sickness] ?? null;
  if (behaviour !== null) await fleet.tell('behaviour', { pixel: SICK, ...behaviour });
  proxy.arrivals = [];
  const sentAt = await send(fleet);
  await drained(fleet, PIXELS.slice(1));
  const age = p99(sentAt, proxy.arrivals);
  await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
  await drained(fleet, PIXELS);
  return age;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const folder = await mkdtemp(join(tmpdir(), 'capi-relay-isolation-'));
const services = await startServices({ folder, native: true }, say);
let proxy: IsolationProxy | null = null;
try {
  const fleet = await prepare(services, (url) => {
    proxy = new IsolationProxy(url);
    return proxy.listen();
  });
  const between = proxy as unknown as IsolationProxy;
  say('warming up …');
  await run(fleet, between, 'healthy');
  const ages = new Map(Object.keys(SICKNESSES).map((name) => [name, [] as number[]]));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const [name, found] of ages) {
      found.push(await run(fleet, between, name));
      say(`round ${round}: one pixel ${name}: p99 of the others ${found.at(-1)} ms`);
    }
  }
  const healthy = median(ages.get('healthy') ?? []);
  for (const [name, found] of ages) {
    const middle = median(found);
    const ratio = (middle / healthy).toFixed(2);
    process.stdout.write(
      `one of 20 pixels ${name.padEnd(9)}  p99 of the other 19: median ${middle} ms of ${found.join(', ')}; ratio ${ratio}\n`,
    );
  }
  await fleet.stop();
} finally {
  (proxy as IsolationProxy | null)?.close();
  await services.stop();
  await rm(folder, { recursive: true, force: true });
}
