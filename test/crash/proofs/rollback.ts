import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatCount } from '#core/text/format.ts';
import type { Arena } from '#test/crash/arena.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { type Scene, trial, UNDER_WAY } from '#test/crash/trial.ts';

export interface RollbackOptions {
  readonly times: number;
  readonly eventsPerSecond: number;
  /** How far Redis goes back, in ms, one after the other; 0 is a kill that it loses nothing by. */
  readonly agesMs: readonly number[];
  /** How far away Redis is, in ms. */
  readonly awayMs: number;
}

/** One event of sixteen, more or less; each is refused alone and has a dead letter of its own. */
const REFUSED = 'Payment Info Entered';

/**
 * Redis comes back as it was some time ago, as after a power cut, a failover to a replica or from a
 * backup, while ingest and workers run and Meta refuses events. Nothing may be lost: no event and no
 * dead letter. What was delivered since then must be delivered again, because no one knows of it
 * any more.
 */
export async function rollback(bench: Bench, options: RollbackOptions): Promise<Evidence> {
  const { arena, seed, say } = bench;
  const { eventsPerSecond, times, agesMs, awayMs } = options;
  const { proxy } = arena;
  proxy.delay(awayMs);
  const fleet = { redisUrl: `redis://127.0.0.1:${proxy.port}`, refuse: REFUSED };
  try {
    const result = await trial(
      arena,
      { seed, say, eventsPerSecond, ingests: 2, workers: 2, settleMs: 300_000, ...fleet },
      async (scene) => {
        let undone = 0;
        for (let n = 1; n <= times; n += 1) {
          await sleep(1000);
          const ageMs = agesMs[n % agesMs.length] ?? 0;
          // The last time nothing more comes after it that could wake ingest up.
          undone += await goBack(scene, ageMs, n === times);
          say(`${String(n).padStart(4)}/${times}  Redis went back by ${ageMs} ms`);
        }
        return undone;
      },
    );
    const ages = agesMs.map((ms) => `${ms / 1000} s`).join(', ');
    const disturbances = `Redis, ${awayMs} ms away, killed ${times} times and started as it was ${ages} before`;
    const allowed = result.told + times * 2 * UNDER_WAY + result.unknownAnswers;
    const { refused } = result.audit;
    const notes = [
      `${formatCount(result.told)} events had been accepted in the time that Redis forgot: they come again`,
      `${formatCount(refused)} events were refused, and have ${formatCount(refused)} dead letters`,
    ];
    const faults = refused > 0 ? [] : ['Meta refused nothing'];
    return evidence(disturbances, result, allowed, { notes, faults });
  } finally {
    proxy.delay(0);
  }
}

/** Resolves to how many events were accepted in the time that Redis forgets. */
async function goBack(scene: Scene, ageMs: number, quiet: boolean): Promise<number> {
  const { arena, fleet, load } = scene;
  const copy = join(arena.redisFolder, '../older');
  await rm(copy, { recursive: true, force: true });
  // Before the copy: what is accepted while it is made may or may not be in it.
  const before = total(await fleet.accepted());
  if (ageMs > 0) await cp(fileOf(arena), copy, { recursive: true });
  await sleep(ageMs);
  if (quiet) await load.stop();
  await arena.redis.kill();
  const after = total(await fleet.accepted());
  if (ageMs > 0) {
    await rm(fileOf(arena), { recursive: true, force: true });
    await cp(copy, fileOf(arena), { recursive: true });
  }
  await arena.redis.start();
  return after - before;
}

function fileOf(arena: Arena): string {
  return join(arena.redisFolder, 'appendonlydir');
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
