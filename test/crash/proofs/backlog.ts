import { setTimeout as sleep } from 'node:timers/promises';
import { formatCount } from '#core/text/format.ts';
import { scrape } from '#local/scrape.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { type Scene, trial } from '#test/crash/trial.ts';
import { residentMiB, watch } from '#test/crash/watch.ts';

export interface BacklogOptions {
  readonly messages: number;
  /** Events in Redis at which Kafka has to wait, and at which it flows again. */
  readonly pauseAt: number;
  readonly resumeAt: number;
  /** How long Meta takes nothing, in ms. */
  readonly stalledMs: number;
}

/** What is seen at one moment. */
interface Look {
  readonly queued: number;
  readonly redisMiB: number;
  readonly ingestMiB: number;
  readonly workerMiB: number;
  readonly paused: number;
}

/** What one fetch of every partition may bring after the mark was reached, in messages. */
const OVERSHOOT = 30_000;
/** While everything flows: how much of its first half's memory a process may need in the second. */
const FLAT = 1.3;

/** A backlog in Kafka while Meta takes nothing, and then everything. */
export async function backlog(bench: Bench, options: BacklogOptions): Promise<Evidence> {
  const { arena, seed, say } = bench;
  const { messages, pauseAt, resumeAt } = options;
  const backpressure = { pauseAtEvents: pauseAt, resumeAtEvents: resumeAt, pollMs: 50 };
  const result = await trial(
    arena,
    {
      seed,
      say,
      ingests: 1,
      workers: 1,
      eventsPerSecond: 0,
      badShare: 0,
      sandboxArgs: [],
      settleMs: 1_200_000,
      sections: {
        ingest: { port: 0, backpressure },
        worker: { port: 0, retry: { attempts: 1000, baseMs: 200, capMs: 1000 } },
      },
    },
    (scene) => stallAndFlow(scene, options, say),
  );
  const { held, flowing, resumed } = result.told;
  return evidence(
    `a backlog of ${formatCount(messages)} messages; Meta answers nothing but 503 until Kafka waits`,
    result,
    0,
    judge(held, flowing, resumed, pauseAt),
  );
}

async function stallAndFlow(
  scene: Scene,
  { messages, stalledMs }: BacklogOptions,
  say: Bench['say'],
): Promise<{ held: Look[]; flowing: Look[]; resumed: boolean }> {
  const { fleet, crew, load } = scene;
  await fleet.tell('behaviour', { pixel: '*', kind: 'status', status: 503 });
  const holding = watch(() => look(scene), 500);
  await load.send(messages);
  const [ingest] = crew.of('ingest');
  const isPaused = async () => (await scrape([ingest?.url ?? ''])).sum('capi_ingest_paused') === 1;
  while (!(await isPaused())) await sleep(100);
  say('Kafka waits');
  await sleep(stalledMs);
  const held = await holding.stop();
  const watching = watch(() => look(scene), 500);
  await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
  say('Meta takes events again');
  const delivered = async (): Promise<number> =>
    [...(await fleet.ledgers()).values()].reduce((sum, ledger) => sum + ledger.delivered, 0);
  while ((await delivered()) < messages) await sleep(500);
  const resumed = !(await isPaused());
  return { held, flowing: await watching.stop(), resumed };
}

async function look({ fleet, crew }: Scene): Promise<Look> {
  const info = await fleet.redis.info('memory');
  const ledgers = [...(await fleet.ledgers()).values()];
  const [ingest, worker] = [crew.of('ingest')[0], crew.of('worker')[0]];
  const samples = await scrape([ingest?.url ?? '']);
  return {
    queued: ledgers.reduce((sum, ledger) => sum + ledger.queued, 0),
    redisMiB: Math.round(Number(/^used_memory:(\d+)/m.exec(info)?.[1] ?? 0) / 2 ** 20),
    ingestMiB: ingest === undefined ? 0 : residentMiB(ingest),
    workerMiB: worker === undefined ? 0 : residentMiB(worker),
    paused: samples.sum('capi_ingest_paused'),
  };
}

function judge(
  held: readonly Look[],
  flowing: readonly Look[],
  resumed: boolean,
  pauseAt: number,
): { notes: string[]; faults: string[] } {
  const looks = [...held, ...flowing];
  const half = Math.ceil(flowing.length / 2);
  const faults: string[] = [];
  const queued = most(looks, 'queued');
  if (queued > pauseAt + OVERSHOOT) faults.push(`${queued} events were in Redis`);
  if (most(looks, 'paused') !== 1) faults.push('ingest never paused');
  if (!resumed) faults.push('ingest did not resume');
  const memory = (['ingestMiB', 'workerMiB'] as const).map((field) => {
    const [early, late] = [most(flowing.slice(0, half), field), most(flowing.slice(half), field)];
    if (late > early * FLAT) faults.push(`${field} rose from ${early} to ${late}`);
    return `${field.slice(0, -3)} ${most(held, field)} MiB while Kafka waited, then ${early} and ${late}`;
  });
  const notes = [
    `at most ${formatCount(queued)} events in Redis (mark ${formatCount(pauseAt)}), which used at most ${most(looks, 'redisMiB')} MiB`,
    `resident memory at most, while it flowed in the first and in the second half: ${memory.join('; ')}`,
  ];
  return { notes, faults };
}

function most(looks: readonly Look[], field: keyof Look): number {
  return Math.max(...looks.map((each) => each[field]), 0);
}
