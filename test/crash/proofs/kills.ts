import { formatCount } from '#core/text/format.ts';
import { type Disturbance, Mayhem } from '#test/crash/mayhem.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { trial, UNDER_WAY } from '#test/crash/trial.ts';

export interface KillsOptions {
  readonly weights: Readonly<Partial<Record<Disturbance, number>>>;
  readonly count: number;
  readonly eventsPerSecond: number;
  readonly restMs: readonly [number, number];
}

/** Continuous load; kills, pauses and rebalances at random moments. */
export async function kills(bench: Bench, options: KillsOptions): Promise<Evidence> {
  const { arena, seed, say, remembers = false } = bench;
  const { eventsPerSecond } = options;
  const pace = { ingests: 2, workers: 2, eventsPerSecond, remembers };
  const result = await trial(arena, { seed, say, ...pace }, async (scene) => {
    const mayhem = new Mayhem(scene, { ...options, seed, say });
    await mayhem.run();
    return mayhem;
  });
  const { done, workersHit, kills: killed, pauses } = result.told;
  const words = Object.entries(done).map(([what, n]) => `${what} × ${n}`);
  const disturbances = `${killed} SIGKILL, ${pauses} SIGSTOP (${words.join(', ')})`;
  return evidence(disturbances, result, workersHit * UNDER_WAY + result.unknownAnswers, {
    notes: [
      `${formatCount(workersHit)} workers hit × ${formatCount(UNDER_WAY)} events that one may have under way`,
      `${formatCount(result.unknownAnswers)} in capi_worker_unknown_answer_events_total`,
    ],
  });
}
