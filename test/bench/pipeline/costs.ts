import type { GeneratedMessage } from '#cli/produce/generator.ts';
import { scrape } from '#local/scrape.ts';
import type { LocalServices } from '#local/services.ts';
import type { Redis } from '#store/connection.ts';
import type { Floor } from './floor.ts';
import type { Round } from './measures.ts';
import { inPhase, type Phase, type Place, sendAll, sendWhileHeld } from './phase.ts';
import { type CpuUse, cpuOf, cpuSince, peakMbOf } from './process-use.ts';

/** Events that pass before anything is counted, so that the compiler has done its work. */
export const WARM_UP = 30_000;

interface Step {
  /** Events that count, and all since the processes started. */
  readonly events: number;
  readonly total: number;
  readonly floor: Floor;
}

/**
 * CPU an event of ingest and of the worker, one after the other: both are warm and then held still,
 * so that neither pays for the producer or for its own start.
 */
export function measureCosts(
  place: Place,
  messages: readonly GeneratedMessage[],
  floor: Floor,
): Promise<Round> {
  return inPhase(place, async (phase) => {
    const warm = messages.slice(0, WARM_UP);
    await sendAll(phase.fleet, warm);
    await phase.delivered(warm.length);
    await sendWhileHeld(phase, messages);
    const events = messages.length;
    const step = { events, total: warm.length + events, floor };
    const ingest = await costOfIngest(place, phase, step);
    const worker = await costOfWorker(place, phase, step);
    const redisUs = (ingest.redisUs ?? 0) + (worker.redisUs ?? 0);
    return {
      ...ingest,
      ...worker,
      ...(redisUs === 0 ? {} : { redisUs }),
      totalUs: ingest.ingestUs + worker.workerUs,
      totalFloors: ingest.ingestFloors + worker.workerFloors,
      ...(await factsOf(phase)),
    };
  });
}

/** Ingest alone empties Kafka: the worker is held. */
async function costOfIngest({ services }: Place, { fleet, ...phase }: Phase, step: Step) {
  const { ingest, worker, read } = phase;
  worker.kill('SIGSTOP');
  const emptyBytes = await usedMemory(fleet.redis);
  const { floorUs, own, others } = await whileAt(
    { own: ingest.pid, ...serverPids(services) },
    step,
    () => read(step.total),
  );
  return {
    ingestUs: own.process,
    ingestMainUs: own.main,
    ingestFloorUs: floorUs,
    ingestFloors: own.process / floorUs,
    ...(others['kafka'] === undefined ? {} : { kafkaUs: others['kafka'].process }),
    ...(others['redis'] === undefined ? {} : { redisUs: others['redis'].process }),
    redisBytes: ((await usedMemory(fleet.redis)) - emptyBytes) / step.events,
  };
}

/** The worker empties Redis; ingest has nothing to do. */
async function costOfWorker({ services, sink }: Place, phase: Phase, step: Step) {
  const { redis } = serverPids(services);
  const pids = { own: phase.worker.pid, sink: sink.pid, ...(redis ? { redis } : {}) };
  const { floorUs, own, others } = await whileAt(pids, step, () => {
    phase.worker.kill('SIGCONT');
    return phase.delivered(step.total);
  });
  return {
    workerUs: own.process,
    workerMainUs: own.main,
    workerFloorUs: floorUs,
    workerFloors: own.process / floorUs,
    sinkUs: others['sink']?.process ?? 0,
    ...(others['redis'] === undefined ? {} : { redisUs: others['redis'].process }),
  };
}

/** CPU an event of several processes during some work, and of the floor beside it. */
async function whileAt(
  pids: { readonly own: number } & Readonly<Record<string, number>>,
  { events, floor }: Step,
  work: () => Promise<void>,
) {
  const names = Object.keys(pids);
  const uses = () => Promise.all(Object.values(pids).map(cpuOf));
  const before = await uses();
  const floorUs = await floor.beside(work());
  const after = await uses();
  const each = (at: number): CpuUse => {
    const [from, to] = [before[at], after[at]];
    if (from === undefined || to === undefined) throw new Error('every process is read twice');
    const used = cpuSince(from, to);
    return { process: used.process / events, main: used.main / events };
  };
  const others: Readonly<Record<string, CpuUse | undefined>> = Object.fromEntries(
    names.map((name, at) => [name, each(at)]),
  );
  return { floorUs, own: each(names.indexOf('own')), others };
}

/** Of the servers that were started here; others may run on another machine. */
function serverPids({ servers }: LocalServices): { kafka?: number; redis?: number } {
  const [kafka, redis] = servers.length === 2 ? servers : [];
  if (kafka === undefined || redis === undefined) return {};
  return { kafka: kafka.pid(), redis: redis.pid() };
}

async function factsOf({ ingest, worker }: Phase): Promise<Round> {
  const samples = await scrape([worker.url]);
  const requests = samples.sum('capi_worker_batch_events_count');
  return {
    batchMean: samples.sum('capi_worker_batch_events_sum') / requests,
    ingestMb: await peakMbOf(ingest.pid),
    workerMb: await peakMbOf(worker.pid),
  };
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1] ?? 0);
}
