import { setTimeout as sleep } from 'node:timers/promises';
import { relayCommand } from '#local/relay-process.ts';
import { checkOut, commandIn, PREVIOUS } from '#test/compatibility/checkout.ts';
import type { Crew, Kind } from '#test/crash/crew.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { KNOWN_BEFORE, trial } from '#test/crash/trial.ts';

/** In the order in which docs/upgrades.md upgrades them; the way back is the other way round. */
const ORDER: readonly Kind[] = ['worker', 'control', 'ingest'];
const COPIES = 2;

interface Rollout {
  replaced: number;
  readonly wrongEnds: string[];
}

/** A fleet of the previous release is upgraded process by process under load, and goes back again. */
export async function rolling(
  { arena, seed, say }: Bench,
  options: { readonly rounds: number; readonly eventsPerSecond: number; readonly besideMs: number },
): Promise<Evidence> {
  const { rounds, eventsPerSecond, besideMs } = options;
  const old = checkOut(PREVIOUS);
  const previous = new Set<string>(ORDER);
  const runs = (entry: string) => {
    const command = relayCommand(entry);
    return previous.has(entry.split('/')[0] ?? '') ? commandIn(old, command) : command;
  };
  const fleet = { eventsPerSecond, ingests: COPIES, workers: COPIES, sections: KNOWN_BEFORE };
  const result = await trial(arena, { seed, say, ...fleet, runs }, async ({ crew }) => {
    const told: Rollout = { replaced: 0, wrongEnds: [] };
    for (let round = 1; round <= rounds; round += 1) {
      for (const kind of ORDER) {
        previous.delete(kind);
        await replaceAll(crew, kind, besideMs, told);
      }
      for (const kind of ORDER.toReversed()) {
        previous.add(kind);
        await replaceAll(crew, kind, besideMs, told);
      }
      say(`${String(round).padStart(4)}/${rounds}  upgraded, and back`);
    }
    for (const kind of ORDER) {
      previous.delete(kind);
      await replaceAll(crew, kind, besideMs, told);
    }
    return told;
  });
  const { replaced, wrongEnds } = result.told;
  const disturbances = `${rounds} upgrades from ${PREVIOUS.slice(0, 8)} and back and one more to stay, process by process: ${replaced} processes replaced, each after ${besideMs / 1000} s beside those of the other release`;
  return evidence(disturbances, result, 0, { faults: wrongEnds });
}

/** Ends the processes of a kind one after the other, and waits each time until another is there. */
async function replaceAll(crew: Crew, kind: Kind, besideMs: number, told: Rollout): Promise<void> {
  const all = crew.of(kind);
  for (const process of all) {
    await sleep(besideMs);
    const how = await crew.end(process);
    if (how !== 0) told.wrongEnds.push(`${process.name} ended with ${how}`);
    while (crew.of(kind).length < all.length) await sleep(20);
    told.replaced += 1;
  }
}
