import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateMessages } from '#cli/produce/generator.ts';
import { formatCount } from '#core/text/format.ts';
import type { RelayProcess } from '#local/relay-process.ts';
import { type Samples, scrape } from '#local/scrape.ts';
import { type LocalServices, startServices } from '#local/services.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet } from '#test/support/fleet.ts';

/*
 * What does the number of pixels cost? The same traffic is spread over 1, 10, 100, 1,000 and 10,000
 * of them: while nothing flows, and while it does.
 */
const COUNTS = (process.env['BENCH_PIXELS'] ?? '1,10,100,500,1000,10000').split(',').map(Number);
const RATE = Number(process.env['BENCH_RATE'] ?? 500);
const RUN_MS = Number(process.env['BENCH_RUN_MS'] ?? 15_000);
const IDLE_MS = 5000;
const WARM_UP_MS = 4000;
const TICK_MS = 50;

interface Row {
  readonly pixels: number;
  readonly startMs: { readonly ingest: number; readonly worker: number };
  readonly connections: { readonly ingest: number; readonly worker: number };
  /** Commands that Redis ran a second while nothing flowed, those of scripts among them. */
  readonly idleCommands: number;
  readonly series: number;
  /** Resident; of the worker before anything flowed, too. */
  readonly memoryMb: { readonly idle: number; readonly ingest: number; readonly worker: number };
  /** CPU an event, µs. */
  readonly cpu: { readonly ingest: number; readonly worker: number; readonly redis: number };
  readonly commands: number;
  readonly age: { readonly p50: number; readonly p99: number };
  readonly keptUp: boolean;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function connections(fleet: Fleet): Promise<number> {
  const list = String(await fleet.redis.call('CLIENT', 'LIST'));
  return list.split('\n').filter((line) => line !== '').length;
}

/** How many commands Redis has run, and for how many seconds of CPU. */
async function redisWork({ redis }: Fleet): Promise<{ commands: number; cpu: number }> {
  const info = `${await redis.info('stats')}${await redis.info('cpu')}`;
  const read = (name: string): number => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1]);
  const cpu = read('used_cpu_sys') + read('used_cpu_user');
  return { commands: read('total_commands_processed'), cpu };
}

/** Starts a service. @returns how long that took, and how many connections to Redis came with it */
async function start(fleet: Fleet, name: 'ingest' | 'worker') {
  const before = await connections(fleet);
  const started = performance.now();
  const process = await fleet.start(name);
  const ms = performance.now() - started;
  await sleep(1000);
  return { process, ms, connections: (await connections(fleet)) - before };
}

const AGE = 'capi_event_delivery_age_seconds';

/** A quantile of the ages of what was delivered in between, in ms. */
function ageBetween(before: Samples, after: Samples, q: number): number {
  const edges = after.values(`${AGE}_bucket`, 'le').map((le) => ({
    le: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
    count: after.sum(`${AGE}_bucket`, { le }) - before.sum(`${AGE}_bucket`, { le }),
  }));
  edges.sort((a, b) => a.le - b.le);
  const rank = (edges.at(-1)?.count ?? 0) * q;
  const at = edges.findIndex(({ count }) => count >= rank);
  const [below = { le: 0, count: 0 }, edge] = [edges[at - 1], edges[at]];
  if (edge === undefined || edge.le === Number.POSITIVE_INFINITY) return below.le * 1000;
  const part = (rank - below.count) / Math.max(edge.count - below.count, 1);
  return (below.le + (edge.le - below.le) * part) * 1000;
}

const samplesOf = ({ url }: RelayProcess): Promise<Samples> => scrape([url]);

async function cpuOf(process: RelayProcess): Promise<number> {
  return (await samplesOf(process)).sum('process_cpu_seconds_total');
}

/** Sends at a steady rate. */
async function send(fleet: Fleet, generator: ReturnType<typeof generateMessages>, ms: number) {
  const begin = performance.now();
  const sending: Promise<void>[] = [];
  for (let tick = 1; tick * TICK_MS <= ms; tick += 1) {
    sending.push(fleet.send(generator.take(Math.round((RATE * TICK_MS) / 1000))));
    const rest = begin + tick * TICK_MS - performance.now();
    if (rest > 0) await sleep(rest);
  }
  await Promise.all(sending);
}

async function drained(fleet: Fleet, events: number): Promise<void> {
  await eventually(
    async () => {
      const ledgers = [...(await fleet.ledgers()).values()];
      const delivered = ledgers.reduce((sum, ledger) => sum + ledger.delivered, 0);
      if (delivered < events) throw new Error(`${delivered} of ${events} are delivered`);
    },
    { everyMs: 200 },
  );
}

async function idleCommands(fleet: Fleet): Promise<number> {
  const before = await redisWork(fleet);
  await sleep(IDLE_MS);
  const after = await redisWork(fleet);
  // The two that asked are not the fleet's.
  return ((after.commands - before.commands - 2) * 1000) / IDLE_MS;
}

async function measure({ brokers, redisUrl }: LocalServices, pixels: number): Promise<Row> {
  const fleet = await Fleet.prepare({ brokers, redisUrl, pixels });
  try {
    const worker = await start(fleet, 'worker');
    const idle = await idleCommands(fleet);
    const mb = (from: Samples): number => from.sum('process_resident_memory_bytes') / 1e6;
    const idleMb = mb(await samplesOf(worker.process));
    const ingest = await start(fleet, 'ingest');
    const generator = generateMessages({
      ...{ seed: `pixels-${pixels}`, startMs: Date.now(), sources: [...fleet.sources] },
      badShare: 0,
    });
    await send(fleet, generator, WARM_UP_MS);
    const warm = Math.round((RATE * WARM_UP_MS) / 1000);
    await drained(fleet, warm);
    const before = await Promise.all([cpuOf(ingest.process), cpuOf(worker.process)]);
    const warmed = await samplesOf(worker.process);
    const redisBefore = await redisWork(fleet);
    await send(fleet, generator, RUN_MS);
    const events = Math.round((RATE * RUN_MS) / 1000);
    const sentAt = performance.now();
    await drained(fleet, warm + events);
    const lateMs = performance.now() - sentAt;
    const after = await Promise.all([cpuOf(ingest.process), cpuOf(worker.process)]);
    const redis = await redisWork(fleet);
    const samples = await samplesOf(worker.process);
    const page = await (await fetch(`${worker.process.url}/metrics`)).text();
    const us = (from: number, to: number): number => ((to - from) * 1e6) / events;
    return {
      pixels,
      startMs: { ingest: ingest.ms, worker: worker.ms },
      connections: { ingest: ingest.connections, worker: worker.connections },
      idleCommands: idle,
      series: page.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length,
      memoryMb: { idle: idleMb, ingest: mb(await samplesOf(ingest.process)), worker: mb(samples) },
      cpu: {
        ingest: us(before[0], after[0]),
        worker: us(before[1], after[1]),
        redis: us(redisBefore.cpu, redis.cpu),
      },
      commands: (redis.commands - redisBefore.commands) / events,
      age: { p50: ageBetween(warmed, samples, 0.5), p99: ageBetween(warmed, samples, 0.99) },
      keptUp: lateMs < 2000,
    };
  } finally {
    await fleet.stop();
  }
}

const HEADS = [
  ...['pixels', 'start worker', 'conn. worker', 'conn. ingest', 'idle cmd/s', 'series'],
  ...[
    'MB idle',
    'MB worker',
    'MB ingest',
    'µs ingest',
    'µs worker',
    'µs Redis',
    'µs sum',
    'cmd/event',
  ],
  ...['p50 ms', 'p99 ms', 'kept up'],
];

function cellsOf(row: Row): string[] {
  const { cpu, memoryMb, age } = row;
  const numbers = [
    ...[row.pixels, row.startMs.worker, row.connections.worker, row.connections.ingest],
    ...[row.idleCommands, row.series, memoryMb.idle, memoryMb.worker, memoryMb.ingest],
    ...[cpu.ingest, cpu.worker, cpu.redis, cpu.ingest + cpu.worker + cpu.redis, row.commands],
    ...[age.p50, age.p99],
  ];
  return [...numbers.map((number) => formatCount(Math.round(number))), row.keptUp ? 'yes' : 'no'];
}

const folder = await mkdtemp(join(tmpdir(), 'capi-relay-pixels-'));
const services = await startServices({ folder, native: true }, say);
try {
  const line = (cells: readonly string[]): string =>
    cells.map((cell) => cell.padStart(13)).join('');
  process.stdout.write(`${formatCount(RATE)} events/s\n${line(HEADS)}\n`);
  for (const pixels of COUNTS) {
    process.stdout.write(`${line(cellsOf(await measure(services, pixels)))}\n`);
  }
} finally {
  await services.stop();
  await rm(folder, { recursive: true, force: true });
}
