import { setTimeout as sleep } from 'node:timers/promises';
import { formatCount } from '#core/text/format.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { type Scene, trial } from '#test/crash/trial.ts';
import { residentMiB, watch } from '#test/crash/watch.ts';
import { PIXELS } from '#test/support/fleet.ts';

export interface OutageOptions {
  /** How long it lasts, in ms; every rest is as much shorter than its default as the hour is. */
  readonly lastsMs: number;
  readonly eventsPerSecond: number;
}

const HOUR_MS = 3_600_000;
const PAUSE_AT = 20_000;
const OVERSHOOT = 8000;
/** Requests that a pixel may see before its lane is halted, in all workers. */
const BEFORE_IT_STANDS = 40;

interface Look {
  readonly accepted: number;
  readonly requests: number;
  readonly queued: number;
  readonly redisMiB: number;
  readonly workerMiB: number;
}

/** An hour without Meta: first it hangs, then it answers 500. The hour is compressed. */
export async function outage(bench: Bench, options: OutageOptions): Promise<Evidence> {
  const { arena, seed, say } = bench;
  const { lastsMs, eventsPerSecond } = options;
  const scaled = (ms: number): number => Math.max(1, Math.round((ms * lastsMs) / HOUR_MS));
  const probeCapMs = scaled(60_000);
  const result = await trial(
    arena,
    {
      seed,
      say,
      eventsPerSecond,
      badShare: 0,
      ingests: 1,
      workers: 2,
      // Not as short as the rest: a busy machine would call answers late that are on their way.
      graphTimeoutMs: 2000,
      sandboxArgs: ['--behaviour', '*=delay,ms:20-40'],
      sections: {
        ingest: {
          port: 0,
          envelope: { maxEvents: 50, lingerMs: 20 },
          backpressure: { pauseAtEvents: PAUSE_AT, resumeAtEvents: PAUSE_AT / 2, pollMs: 50 },
        },
        worker: {
          port: 0,
          lockMs: 5000,
          retry: { baseMs: scaled(1000), capMs: scaled(600_000) },
          breaker: { baseMs: scaled(1000), capMs: probeCapMs },
          batch: { maxEvents: 200, lingerMs: 20 },
        },
      },
    },
    (scene) => breakMeta(scene, lastsMs, say),
  );
  const { during, after } = result.told;
  const most = PIXELS.length * (2 * Math.ceil(lastsMs / probeCapMs) + BEFORE_IT_STANDS);
  const found = judge(during, after, most);
  if (result.audit.dead > 0) found.faults.push(`${result.audit.dead} events became dead letters`);
  const disturbances = `an hour of silence, then of 500, compressed to ${lastsMs / 1000} s (1 : ${Math.round(HOUR_MS / lastsMs)})`;
  return evidence(disturbances, result, result.unknownAnswers, found);
}

async function breakMeta(
  scene: Scene,
  lastsMs: number,
  say: Bench['say'],
): Promise<{ during: Look[]; after: Look[] }> {
  const { fleet } = scene;
  await sleep(2000);
  const outageSeen = watch(() => look(scene), 200);
  await fleet.tell('behaviour', { pixel: '*', kind: 'hang', when: 'before_judging' });
  say('Meta hangs');
  await sleep(lastsMs / 2);
  await fleet.untell('hang');
  await fleet.tell('behaviour', { pixel: '*', kind: 'status', status: 500 });
  say('Meta answers 500');
  await sleep(lastsMs / 2);
  const during = await outageSeen.stop();
  const recoverySeen = watch(() => look(scene), 200);
  await fleet.untell('status');
  say('Meta is back');
  while ((await look(scene)).queued > 500) await sleep(200);
  return { during, after: await recoverySeen.stop() };
}

async function look({ fleet, crew }: Scene): Promise<Look> {
  const answer = await fetch(`${fleet.sandbox.url}/_sandbox/state`);
  const { pixels } = (await answer.json()) as {
    pixels: Record<string, { accepted: number; requests: { total: number } }>;
  };
  const rows = Object.values(pixels);
  const ledgers = [...(await fleet.ledgers()).values()];
  const info = await fleet.redis.info('memory');
  return {
    accepted: rows.reduce((sum, { accepted }) => sum + accepted, 0),
    requests: rows.reduce((sum, { requests }) => sum + requests.total, 0),
    queued: ledgers.reduce((sum, { queued }) => sum + queued, 0),
    redisMiB: Math.round(Number(/^used_memory:(\d+)/m.exec(info)?.[1] ?? 0) / 2 ** 20),
    workerMiB: Math.max(...crew.of('worker').map(residentMiB), 0),
  };
}

function judge(during: readonly Look[], after: readonly Look[], mostRequests: number) {
  const [first, last] = [during.at(0), during.at(-1)];
  const requests = (last?.requests ?? 0) - (first?.requests ?? 0);
  const queued = Math.max(...during.map((each) => each.queued));
  const faults: string[] = [];
  if (requests > mostRequests) faults.push(`${requests} requests during the outage`);
  if (queued > PAUSE_AT + OVERSHOOT) faults.push(`${queued} events in Redis`);
  const most = (field: 'redisMiB' | 'workerMiB'): number =>
    Math.max(...during.map((each) => each[field]));
  const steps = after.slice(1).map((each, at) => each.accepted - (after[at]?.accepted ?? 0));
  const ramp = steps.slice(0, 12).map(formatCount).join(', ');
  const notes = [
    `${formatCount(requests)} requests during the outage (at most ${formatCount(mostRequests)})`,
    `at most ${formatCount(queued)} events in Redis, which used ${most('redisMiB')} MiB; a worker ${most('workerMiB')} MiB`,
    `events accepted afterwards, each fifth of a second: ${ramp}`,
  ];
  return { notes, faults };
}
