import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { formatCount } from '#core/text/format.ts';
import { relayCommand } from '#local/relay-process.ts';
import { runProgram } from '#local/server.ts';
import { inRepository } from '#test/support/in-repository.ts';
import { measureCosts, WARM_UP } from '../pipeline/costs.ts';
import { Floor } from '../pipeline/floor.ts';
import { inLab } from '../pipeline/lab.ts';
import { type CpuProfile, type HeapNode, type Share, selfSizes, selfTimes } from './self-time.ts';

/*
 * Profiles of CPU and heap of ingest and worker under the load of the bench, and where the time went:
 *
 *   make profile EVENTS=200000
 */
const EVENTS = Number(process.env['EVENTS'] || 200_000);
const SHOWN = 20;
const ROOT = resolve(inRepository('.'));
const SERVICES = ['ingest', 'worker'];

const say = (line: string): void => void process.stderr.write(`${line}\n`);

function folderOf(service: string): string {
  return join(ROOT, '.local/profiles', service);
}

/** The service under both of V8's profilers, which write when it ends. */
function profiled(entry: string): ReturnType<typeof relayCommand> {
  const { command, args } = relayCommand(entry);
  const folder = folderOf(entry.split('/')[0] ?? '');
  const flags = ['--cpu-prof', '--cpu-prof-dir', folder, '--heap-prof', '--heap-prof-dir', folder];
  return { command, args: [...flags, ...args] };
}

/** The only file of a folder with that ending, as JSON. */
async function profileIn<T>(folder: string, ending: string): Promise<T> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending));
  const [name] = names;
  if (name === undefined) throw new Error(`${folder} has no ${ending}: the service was killed`);
  return JSON.parse(await readFile(join(folder, name), 'utf8')) as T;
}

function table(title: string, rows: readonly Share[], written: (own: number) => string): string {
  const sum = rows.reduce((total, { own }) => total + own, 0);
  const lines = rows.slice(0, SHOWN).map(({ room, own }) => {
    const share = `${((100 * own) / sum).toFixed(1)} %`;
    return `  ${room.padEnd(34)}${written(own).padStart(12)}${share.padStart(9)}`;
  });
  return [title, ...lines, ''].join('\n');
}

async function show(service: string, events: number): Promise<void> {
  const folder = folderOf(service);
  const cpu = await profileIn<CpuProfile>(folder, '.cpuprofile');
  const { head } = await profileIn<{ head: HeapNode }>(folder, '.heapprofile');
  const perEvent = (us: number): string => `${(us / events).toFixed(2)} µs`;
  const kilobytes = (bytes: number): string => `${formatCount(bytes / 1000)} kB`;
  console.log(
    table(`${service}: time of its main thread, an event`, selfTimes(cpu, ROOT), perEvent),
  );
  console.log(table(`${service}: heap at the end`, selfSizes(head, ROOT), kilobytes));
}

await runProgram(async () => {
  if (!(Number.isInteger(EVENTS) && EVENTS >= 1000)) {
    throw new Error(`EVENTS is "${process.env['EVENTS']}": it takes a whole number from 1000`);
  }
  for (const service of SERVICES) {
    await rm(folderOf(service), { recursive: true, force: true });
    await mkdir(folderOf(service), { recursive: true });
  }
  await inLab(say, async ({ services, sink, generator }) => {
    say(`generating ${formatCount(EVENTS)} events …`);
    const messages = generator.take(EVENTS);
    say('profiling ingest, then the worker …');
    const floor = new Floor(messages.slice(0, 1000).map(({ value }) => value));
    await measureCosts({ services, sink, runs: profiled }, messages, floor);
  });
  for (const service of SERVICES) await show(service, EVENTS + Math.min(EVENTS, WARM_UP));
  console.log(
    `${join(ROOT, '.local/profiles')}: open the files in the developer tools of Chrome, or in speedscope`,
  );
});
