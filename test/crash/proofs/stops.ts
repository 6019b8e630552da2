import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '#cli/produce/random.ts';
import type { Kind } from '#test/crash/crew.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { type Scene, STOP_MS, trial } from '#test/crash/trial.ts';

/** Exit code after a second SIGTERM. */
const AT_ONCE = 143;

interface Stops {
  readonly codes: Record<string, number>;
  slowestMs: number;
}

/** SIGTERM under load to each kind of process, again and again; then once with a second signal. */
export async function stops(
  { arena, seed, say }: Bench,
  options: { readonly times: number; readonly eventsPerSecond: number },
): Promise<Evidence> {
  const { times, eventsPerSecond } = options;
  const result = await trial(
    arena,
    { seed, say, eventsPerSecond, ingests: 1, workers: 1 },
    async (scene) => {
      const random = new Random(seed);
      const told: Stops = { codes: {}, slowestMs: 0 };
      for (let n = 1; n <= times; n += 1) {
        await sleep(random.below(400));
        await stopOne(scene, 'ingest', told);
        await sleep(random.below(400));
        await stopOne(scene, 'worker', told);
        say(`${String(n).padStart(4)}/${times}  SIGTERM to ingest and a worker`);
      }
      return told;
    },
  );
  const { codes, slowestMs } = result.told;
  const wrong = Object.entries(codes).filter(([code]) => !code.endsWith(' 0'));
  const faults = wrong.map(([code, n]) => `${n} times the exit code was ${code}`);
  return evidence(`SIGTERM × ${times} to ingest, × ${times} to workers`, result, 0, {
    notes: [`the slowest stop took ${(slowestMs / 1000).toFixed(1)} s of ${STOP_MS / 1000} s`],
    faults,
  });
}

async function stopOne({ crew }: Scene, kind: Kind, told: Stops): Promise<void> {
  while (crew.of(kind).length === 0) await sleep(20);
  const [process] = crew.of(kind);
  if (process === undefined) return;
  const started = performance.now();
  const how = await crew.end(process);
  const code = how === 0 ? `${kind} 0` : `${kind} ${how}: ${endOf(process.log())}`;
  told.slowestMs = Math.max(told.slowestMs, Math.round(performance.now() - started));
  told.codes[code] = (told.codes[code] ?? 0) + 1;
}

function endOf(log: string): string {
  return log.trimEnd().split('\n').slice(-3).join(' ');
}

/** A second signal while Meta hangs: the process ends at once, and nothing of it is lost. */
export async function secondSignals(
  { arena, seed, say }: Bench,
  options: { readonly times: number },
): Promise<Evidence> {
  const result = await trial(
    arena,
    { seed, say, eventsPerSecond: 300, ingests: 1, workers: 1 },
    async (scene) => {
      const codes: (number | string)[] = [];
      for (let n = 1; n <= options.times; n += 1) {
        await scene.fleet.tell('behaviour', { pixel: '*', kind: 'hang', when: 'before_judging' });
        while (scene.crew.of('worker').length === 0) await sleep(20);
        await sleep(500);
        codes.push(await endTwice(scene));
        await scene.fleet.untell('hang');
      }
      return codes;
    },
  );
  const faults = result.told
    .filter((code) => code !== AT_ONCE)
    .map((code) => `the exit code after a second signal was ${code}`);
  const { unknownAnswers } = result;
  return evidence(`a second SIGTERM × ${options.times}, while Meta hangs`, result, unknownAnswers, {
    faults,
  });
}

async function endTwice({ crew }: Scene): Promise<number | string> {
  const [process] = crew.of('worker');
  if (process === undefined) return 'none runs';
  const ended = crew.end(process);
  while (process.running() && !process.log().includes('"msg":"stopping"')) await sleep(10);
  process.kill('SIGTERM');
  return ended;
}
