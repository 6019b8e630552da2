import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateMessages } from '#cli/produce/generator.ts';
import { formatCount } from '#core/text/format.ts';
import { startServices } from '#local/services.ts';
import { SOURCES } from '#test/support/fleet.ts';
import { Floor } from './floor.ts';
import { measureAge, measureCosts, measureThroughput } from './measurements.ts';
import { report } from './report.ts';

const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 200_000);
const SAMPLE = 20_000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const startMs = Date.now();
const generator = generateMessages({ seed: 'bench', startMs, sources: SOURCES, badShare: 0 });
const folder = await mkdtemp(join(tmpdir(), 'capi-relay-bench-'));
const services = await startServices({ folder, native: true }, say);
try {
  say(`generating ${formatCount(EVENTS)} events …`);
  const messages = generator.take(EVENTS);
  const bytes = messages.reduce((sum, { value }) => sum + value.length, 0) / EVENTS;
  say('measuring the floor alone …');
  const floor = new Floor(messages.slice(0, SAMPLE).map(({ value }) => value));
  const alone = floor.alone();
  say('measuring throughput, everything together …');
  const throughput = await measureThroughput(services, messages);
  say('measuring the age of events at half of that …');
  const age = await measureAge(services, generator, throughput / 2);
  say('measuring ingest, then the worker, each beside the floor …');
  const costs = await measureCosts(services, messages, floor);
  process.stdout.write(report({ events: EVENTS, bytes, alone, costs, throughput, age }));
} finally {
  await services.stop();
  await rm(folder, { recursive: true, force: true });
}
