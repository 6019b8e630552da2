import { setTimeout as sleep } from 'node:timers/promises';
import type { GeneratedMessage, MessageGenerator } from '#cli/produce/generator.ts';
import type { RelayProcess } from '#local/relay-process.ts';
import { type Samples, scrape } from '#local/scrape.ts';
import type { LocalServices } from '#local/services.ts';
import type { Redis } from '#store/connection.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet } from '#test/support/fleet.ts';
import type { Floor } from './floor.ts';

const PATIENCE = { everyMs: 100 };
const SEND_AT_ONCE = 2000;

export interface Costs {
  readonly ingestUs: number;
  /** The floor while ingest worked. */
  readonly ingestFloorUs: number;
  readonly workerUs: number;
  /** The floor while the worker worked. */
  readonly workerFloorUs: number;
  readonly redisBytes: number;
  readonly batchMean: number;
  readonly ingestMb: number;
  readonly workerMb: number;
}

/** Events that pass before anything is counted, so that the compiler has done its work. */
const WARM_UP = 30_000;

/**
 * CPU an event of ingest and of the worker, one after the other: both are warm and then held still,
 * so that neither pays for the producer or for its own start.
 */
export async function measureCosts(
  services: LocalServices,
  messages: readonly GeneratedMessage[],
  floor: Floor,
): Promise<Costs> {
  const { fleet, ingest, worker } = await startPhase(services);
  const { redis } = fleet;
  const warm = messages.slice(0, WARM_UP);
  await sendAll(fleet, warm);
  await until(worker, 'capi_worker_events_total', warm.length);
  const [ingestBefore, workerBefore] = await Promise.all([cpu(ingest), cpu(worker)]);
  await whileHeld([ingest, worker], () => sendAll(fleet, messages));
  worker.kill('SIGSTOP');
  const emptyBytes = await usedMemory(redis);
  const ingestFloorUs = await floor.beside(
    until(ingest, 'capi_ingest_messages_total', warm.length + messages.length),
  );
  const ingestUs = ((await cpu(ingest)) - ingestBefore) / messages.length;
  const queuedBytes = await usedMemory(redis);
  worker.kill('SIGCONT');
  const queued = messages.length;
  const workerFloorUs = await floor.beside(
    until(worker, 'capi_worker_events_total', warm.length + queued),
  );
  const workerUs = ((await cpu(worker)) - workerBefore) / queued;
  const [fromIngest, fromWorker] = [await samplesOf(ingest), await samplesOf(worker)];
  await fleet.stop();
  const mb = (samples: Samples) => samples.sum('process_resident_memory_bytes') / 1e6;
  return {
    ingestUs,
    ingestFloorUs,
    workerUs,
    workerFloorUs,
    redisBytes: (queuedBytes - emptyBytes) / queued,
    batchMean:
      fromWorker.sum('capi_worker_batch_events_sum') /
      fromWorker.sum('capi_worker_batch_events_count'),
    ingestMb: mb(fromIngest),
    workerMb: mb(fromWorker),
  };
}

/** Events a second through everything, once all of them wait in Kafka. */
export async function measureThroughput(
  services: LocalServices,
  messages: readonly GeneratedMessage[],
): Promise<number> {
  const { fleet, ingest, worker } = await startPhase(services);
  await whileHeld([ingest, worker], () => sendAll(fleet, messages));
  const started = performance.now();
  await until(worker, 'capi_worker_events_total', messages.length);
  const seconds = (performance.now() - started) / 1000;
  await fleet.stop();
  return messages.length / seconds;
}

const AGE_SECONDS = 10;
const TICKS_A_SECOND = 20;

/** Age from Kafka to Meta's answer at a steady rate. */
export async function measureAge(
  services: LocalServices,
  generator: MessageGenerator,
  rate: number,
): Promise<{ rate: number; p50: number; p99: number }> {
  const { fleet, worker } = await startPhase(services);
  const perTick = Math.max(1, Math.round(rate / TICKS_A_SECOND));
  const ticks = AGE_SECONDS * TICKS_A_SECOND;
  const prepared = generator.take(perTick * ticks);
  const started = performance.now();
  const sending: Promise<void>[] = [];
  for (let tick = 0; tick < ticks; tick += 1) {
    const wait = started + (tick * 1000) / TICKS_A_SECOND - performance.now();
    if (wait > 0) await sleep(wait);
    sending.push(fleet.send(prepared.slice(tick * perTick, (tick + 1) * perTick)));
  }
  await Promise.all(sending);
  const seconds = (performance.now() - started) / 1000;
  await until(worker, 'capi_worker_events_total', prepared.length);
  const samples = await samplesOf(worker);
  await fleet.stop();
  const age = (q: number) => samples.quantile('capi_event_delivery_age_seconds', q) ?? 0;
  return { rate: prepared.length / seconds, p50: age(0.5), p99: age(0.99) };
}

async function startPhase({
  brokers,
  redisUrl,
}: LocalServices): Promise<{ fleet: Fleet; ingest: RelayProcess; worker: RelayProcess }> {
  const fleet = await Fleet.prepare({ brokers, redisUrl });
  const [ingest, worker] = await Promise.all([fleet.start('ingest'), fleet.start('worker')]);
  return { fleet, ingest, worker };
}

async function sendAll(fleet: Fleet, messages: readonly GeneratedMessage[]): Promise<void> {
  for (let at = 0; at < messages.length; at += SEND_AT_ONCE) {
    await fleet.send(messages.slice(at, at + SEND_AT_ONCE));
  }
}

async function whileHeld(held: readonly RelayProcess[], work: () => Promise<void>): Promise<void> {
  for (const each of held) each.kill('SIGSTOP');
  await work();
  for (const each of held) each.kill('SIGCONT');
}

async function until(process: RelayProcess, metric: string, wanted: number): Promise<void> {
  await eventually(async () => {
    const reached = (await samplesOf(process)).sum(metric);
    if (reached < wanted) throw new Error(`${metric} is ${reached} of ${wanted}`);
  }, PATIENCE);
}

async function cpu(process: RelayProcess): Promise<number> {
  return (await samplesOf(process)).sum('process_cpu_seconds_total') * 1e6;
}

function samplesOf({ url }: RelayProcess): Promise<Samples> {
  return scrape([url]);
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1] ?? 0);
}
