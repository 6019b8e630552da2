import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import type { Arena } from '../arena.ts';
import { type Bench, counted, type Evidence, evidence } from '../proof.ts';
import { type Scene, trial, UNDER_WAY } from '../trial.ts';

export interface RollbackOptions {
  readonly times: number;
  readonly eventsPerSecond: number;
  /** How far Redis goes back, in ms. */
  readonly ageMs: number;
}

/**
 * Redis comes back as it was some seconds ago, as after a power cut or from a backup, while ingest
 * and workers run. Nothing may be lost; what was delivered since then must be delivered again,
 * because nobody knows of it any more.
 */
export async function rollback(bench: Bench, options: RollbackOptions): Promise<Evidence> {
  const { arena, seed, say } = bench;
  const { eventsPerSecond, times, ageMs } = options;
  const verdict = await trial(
    arena,
    { seed, say, eventsPerSecond, ingests: 2, workers: 2 },
    async (scene) => {
      let undone = 0;
      for (let n = 1; n <= times; n += 1) {
        await rest(1000);
        // The last time nothing more comes after it that could wake ingest up.
        undone += await goBack(scene, ageMs, n === times);
        say(`${String(n).padStart(4)}/${times}  Redis went back by ${ageMs} ms`);
      }
      return undone;
    },
  );
  const disturbances = `Redis replaced ${times} times by itself of ${ageMs / 1000} s before`;
  const allowed = verdict.told + times * 2 * UNDER_WAY + verdict.unknownAnswers;
  const notes = [
    `${counted(verdict.told)} events had been accepted in the time that Redis forgot: they come again`,
  ];
  return evidence(disturbances, verdict, allowed, { notes });
}

/** Resolves to how many events were accepted in the time that Redis forgets. */
async function goBack(scene: Scene, ageMs: number, quiet: boolean): Promise<number> {
  const { arena, fleet, load } = scene;
  const copy = join(arena.redisFolder, '../older');
  await rm(copy, { recursive: true, force: true });
  // Before the copy: what is accepted while it is made may or may not be in it.
  const before = total(await fleet.accepted());
  await cp(fileOf(arena), copy, { recursive: true });
  await rest(ageMs);
  if (quiet) await load.stop();
  await arena.redis.kill();
  const after = total(await fleet.accepted());
  await rm(fileOf(arena), { recursive: true, force: true });
  await cp(copy, fileOf(arena), { recursive: true });
  await arena.redis.start();
  return after - before;
}

function fileOf(arena: Arena): string {
  return join(arena.redisFolder, 'appendonlydir');
}

function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
