import { open, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { formatCount } from '#core/text/format.ts';
import { Floor } from './floor.ts';
import { inLab } from './lab.ts';
import { type BenchOptions, parseOptions, USAGE, UsageError } from './options.ts';
import { exitCode, report } from './report.ts';
import { type Results, toJson } from './results.ts';
import { measureRounds } from './rounds.ts';
import { resolveCommit, runsOf, versionHere } from './versions.ts';

/*
 * What ingest and worker cost, how fast they are, and whether that changed since another commit:
 * docs/performance.md says how to read it.
 */
const SAMPLE = 20_000;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function run(options: BenchOptions): Promise<number> {
  if (options.json !== null) await refuseUnwritable(options.json);
  const here = versionHere();
  if (here.dirty) say('measuring with the changes that are not committed');
  const base = options.base === null ? null : resolveCommit(options.base);
  if (base !== null) say(`preparing ${base.slice(0, 12)} …`);
  const results = await measure(
    options,
    here,
    base === null ? null : { commit: base, runs: runsOf(base) },
  );
  const at = new Date().toISOString();
  const machine = {
    at,
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
  };
  if (options.json !== null) await writeFile(options.json, toJson(results, machine));
  process.stdout.write(report(results));
  return exitCode(results);
}

async function measure(
  { events, rounds: wanted }: BenchOptions,
  here: { commit: string; dirty: boolean },
  base: { commit: string; runs: ReturnType<typeof runsOf> } | null,
): Promise<Results> {
  return inLab(say, async ({ services, sink, generator }) => {
    say(`generating ${formatCount(events)} events …`);
    const messages = generator.take(events);
    const bytes = messages.reduce((sum, { value }) => sum + value.length, 0) / events;
    say('measuring the floor alone …');
    const floor = new Floor(messages.slice(0, SAMPLE).map(({ value }) => value));
    const aloneUs = floor.alone();
    const place = { services, sink };
    const places = base === null ? [place] : [place, { ...place, runs: base.runs }];
    const plan = { places, rounds: wanted, messages, generator, floor, say };
    const { rounds, ageRate } = await measureRounds(plan);
    const [now = [], before = []] = rounds;
    const former = { name: 'base' as const, dirty: false, rounds: before };
    return {
      ...{ events, bytes, aloneUs, ageRate },
      now: { name: 'now', ...here, rounds: now },
      base: base === null ? null : { ...former, commit: base.commit },
    };
  });
}

/** Better now than after an hour of measuring. */
async function refuseUnwritable(file: string): Promise<void> {
  try {
    await (await open(file, 'a')).close();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `--json ${file} cannot be written (${code}): name a file in a folder that exists`,
    );
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(USAGE);
  else process.exitCode = await run(options);
} catch (error) {
  process.stderr.write(`error: ${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
