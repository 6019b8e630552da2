import { formatCount } from '#core/text/format.ts';
import type { Costs } from './measurements.ts';

export interface Results {
  readonly events: number;
  /** Of a message, on average. */
  readonly bytes: number;
  /** The floor while nothing else ran, µs of CPU an event. */
  readonly alone: number;
  readonly costs: Costs;
  /** Events a second. */
  readonly throughput: number;
  readonly age: { readonly rate: number; readonly p50: number; readonly p99: number };
}

/** What was measured, for people. Ratios compare what ran at the same time. */
export function report({ events, bytes, alone, costs, throughput, age }: Results): string {
  const { ingestUs, ingestFloorUs, workerUs, workerFloorUs } = costs;
  const ingestRatio = ingestUs / ingestFloorUs;
  const workerRatio = workerUs / workerFloorUs;
  const row = (what: string, us: number, ratio: number, floor: number): string =>
    `${what.padEnd(34)}${us.toFixed(1).padStart(6)} µs  ${ratio.toFixed(2)} × the floor beside it (${floor.toFixed(1)} µs)`;
  return `
${formatCount(events)} Track events of ${formatCount(bytes)} bytes, three pixels, over the loopback interface; CPU an event:

${'floor, while nothing else runs'.padEnd(34)}${alone.toFixed(1).padStart(6)} µs  parse + 8 hashes + stringify
${row('ingest', ingestUs, ingestRatio, ingestFloorUs)}
${row('worker', workerUs, workerRatio, workerFloorUs)}
${'ingest + worker'.padEnd(34)}${(ingestUs + workerUs).toFixed(1).padStart(6)} µs  ${(ingestRatio + workerRatio).toFixed(2)} × the floor

Redis memory    ${costs.redisBytes.toFixed(0)} bytes a queued event
requests        ${costs.batchMean.toFixed(0)} events each, on average
throughput      ${formatCount(throughput)} events/s through everything on this machine: Kafka, Redis, ingest, worker, sandbox
age             p50 ${formatCount(age.p50 * 1000)} ms, p99 ${formatCount(age.p99 * 1000)} ms at ${formatCount(age.rate)} events/s
memory          ingest ${formatCount(costs.ingestMb)} MB, worker ${formatCount(costs.workerMb)} MB resident

`;
}
