import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServices } from '#local/services.ts';
import { SOURCES } from '#test/support/fleet.ts';
import { generateMessages } from '../../services/cli/produce/generator.ts';
import { measureFloor } from './floor.ts';
import { measureAge, measureCosts, measureThroughput } from './measurements.ts';

const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 200_000);
const SAMPLE = 20_000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const startMs = Date.now();
const generator = generateMessages({ seed: 'bench', startMs, sources: SOURCES, badShare: 0 });
const folder = await mkdtemp(join(tmpdir(), 'capi-relay-bench-'));
const services = await startServices({ folder, native: true }, say);
try {
  say(`generating ${EVENTS.toLocaleString('en')} events …`);
  const messages = generator.take(EVENTS);
  const bytes = messages.reduce((sum, { value }) => sum + value.length, 0) / EVENTS;
  say('measuring the floor …');
  const floor = measureFloor(messages.slice(0, SAMPLE).map(({ value }) => value));
  say('measuring ingest, then the worker, each alone …');
  const costs = await measureCosts(services, messages);
  say('measuring everything together …');
  const throughput = await measureThroughput(services, messages);
  say('measuring the age of events at half of that …');
  const age = await measureAge(services, generator, throughput / 2);
  const again = measureFloor(messages.slice(0, SAMPLE).map(({ value }) => value));

  const mean = (floor + again) / 2;
  const both = costs.ingestUs + costs.workerUs;
  const ratio = (us: number): string => `${(us / mean).toFixed(2)} × floor`;
  console.log(`
${EVENTS.toLocaleString('en')} Track events of ${Math.round(bytes)} bytes, three pixels, on the loopback interface
floor (parse + 8 hashes + stringify)  ${mean.toFixed(1)} µs CPU an event  (before ${floor.toFixed(1)}, after ${again.toFixed(1)})
ingest                                ${costs.ingestUs.toFixed(1)} µs  = ${ratio(costs.ingestUs)}
worker                                ${costs.workerUs.toFixed(1)} µs  = ${ratio(costs.workerUs)}
ingest + worker                       ${both.toFixed(1)} µs  = ${ratio(both)}
Redis memory                          ${costs.redisBytes.toFixed(0)} bytes a queued event
mean batch                            ${costs.batchMean.toFixed(0)} events a request
throughput, all on this machine       ${Math.round(throughput).toLocaleString('en')} events/s
age at half of that (${Math.round(age.rate).toLocaleString('en')}/s)        p50 ${Math.round(age.p50 * 1000)} ms, p99 ${Math.round(age.p99 * 1000)} ms
resident memory                       ingest ${Math.round(costs.ingestMb)} MB, worker ${Math.round(costs.workerMb)} MB
`);
} finally {
  await services.stop();
  await rm(folder, { recursive: true, force: true });
}
