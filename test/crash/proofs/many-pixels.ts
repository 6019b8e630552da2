import { setTimeout as sleep } from 'node:timers/promises';
import { formatCount } from '#core/text/format.ts';
import type { RelayProcess } from '#local/relay-process.ts';
import { readLaneDepths } from '#store/status/depth.ts';
import { createStore } from '#store/store.ts';
import { audit, settled } from '#test/crash/audit.ts';
import { Load } from '#test/crash/load.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { Fleet } from '#test/support/fleet.ts';

/** The worker's own: its exit code says whether it met it. */
const STOP_TIMEOUT_MS = 30_000;
const EVENTS_OF_ENVELOPE = 5;
/** Slow enough that a backlog is left at each stop. */
const DELAY = '200-400';
const PATIENCE_MS = 600_000;

export interface ManyPixels {
  readonly pixels: number;
  readonly messages: number;
  /** Bound of what a worker holds; far below what waits. */
  readonly heldEvents: number;
  /** How often a worker is stopped while the backlog lasts. */
  readonly stops: number;
}

interface Told {
  readonly exits: (number | string)[];
  /** Envelopes that were held at once, at most, and still after a stop. */
  held: number;
  left: number;
  slowestMs: number;
  /** The longest that a stopping worker took to say that it lives. */
  deafMs: number;
}

/** SIGTERM to a worker with a backlog in each of many pixels: while it starts, and while it sends. */
export async function manyPixels(
  { arena, seed, say }: Bench,
  options: ManyPixels,
): Promise<Evidence> {
  const { pixels, messages, heldEvents, stops } = options;
  const fleet = await Fleet.prepare({
    brokers: arena.brokers,
    redisUrl: arena.redisUrl,
    pixels,
    sandboxArgs: ['--behaviour', `*=delay,ms:${DELAY}`],
    // An answer that comes too late would be an event that is sent twice, and this is not about that.
    graphTimeoutMs: PATIENCE_MS,
    sections: {
      ingest: { port: 0, envelope: { maxEvents: EVENTS_OF_ENVELOPE, lingerMs: 20 } },
      worker: { port: 0, heldEvents, stopTimeoutMs: STOP_TIMEOUT_MS },
    },
  });
  try {
    const load = new Load(fleet, { seed, badShare: 0, chunk: 2000, everyMs: 0 });
    const ingestExit = await fill(fleet, load, messages);
    const told: Told = { exits: [ingestExit], held: 0, left: 0, slowestMs: 0, deafMs: 0 };
    for (let n = 0; n < stops; n += 1) {
      await stopOne(fleet, told, n === 0 ? 0 : 1000 + 1000 * n);
      say(
        `${n + 1}/${stops}  SIGTERM to a worker with ${formatCount(await queued(fleet))} events queued`,
      );
    }
    const ended = await finish(fleet, arena.brokers, told);
    const found = await audit(fleet, arena.brokers, load);
    const { exits } = told;
    const result = {
      audit: found,
      settled: ended,
      unknownAnswers: 0,
      unexpected: [],
      exits,
      told,
    };
    return evidence(
      `SIGTERM × ${stops} to a worker with ${formatCount(pixels)} pixels`,
      result,
      0,
      {
        notes: notesOf(told, heldEvents),
        faults: faultsOf(told, heldEvents),
      },
    );
  } finally {
    await fleet.stop();
  }
}

/** A backlog in Redis, and no worker. */
async function fill(fleet: Fleet, load: Load, messages: number): Promise<number | string> {
  await load.send(messages);
  const ingest = await fleet.start('ingest');
  await until(async () => (await consumed(fleet)) >= messages);
  ingest.kill('SIGTERM');
  return ingest.exited;
}

async function stopOne(fleet: Fleet, told: Told, afterMs: number): Promise<void> {
  const worker = await fleet.start('worker');
  const before = await queued(fleet);
  if (afterMs > 0) await until(async () => (await queued(fleet)) < before);
  const watching = performance.now() + afterMs;
  while (performance.now() < watching) {
    told.held = Math.max(told.held, await held(fleet));
    await sleep(100);
  }
  const started = performance.now();
  worker.kill('SIGTERM');
  const [code, deafMs] = await Promise.all([worker.exited, listen(worker)]);
  told.exits.push(code);
  told.slowestMs = Math.max(told.slowestMs, Math.round(performance.now() - started));
  told.deafMs = Math.max(told.deafMs, deafMs);
  told.left = Math.max(told.left, await held(fleet));
}

/** The longest that a process takes to answer until it ends, in ms. */
async function listen(worker: RelayProcess): Promise<number> {
  let longest = 0;
  while (worker.running()) {
    const asked = performance.now();
    const answer = await fetch(`${worker.url}/livez`).catch(() => null);
    if (answer !== null) longest = Math.max(longest, Math.round(performance.now() - asked));
    await sleep(50);
  }
  return longest;
}

/** What is left of the backlog is sent by a worker that nothing disturbs. */
async function finish(fleet: Fleet, brokers: readonly string[], told: Told): Promise<boolean> {
  await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
  const last = await fleet.start('worker');
  const ended = await settled(fleet, brokers, PATIENCE_MS);
  last.kill('SIGTERM');
  told.exits.push(await last.exited);
  return ended;
}

function notesOf({ held: most, slowestMs, deafMs }: Told, heldEvents: number): string[] {
  return [
    `the slowest stop took ${(slowestMs / 1000).toFixed(1)} s of ${STOP_TIMEOUT_MS / 1000} s`,
    `at most ${formatCount(most)} envelopes held at once, with room for ${formatCount(heldEvents)} events`,
    `a stopping worker answered /livez within ${deafMs} ms`,
  ];
}

function faultsOf({ held: most, left }: Told, heldEvents: number): string[] {
  return [
    // Even an envelope of one event counts as one event.
    ...(most <= heldEvents ? [] : [`${most} envelopes held with room for ${heldEvents} events`]),
    ...(left === 0 ? [] : [`${left} envelopes were not released by a stop`]),
  ];
}

async function held({ redis, prefix, pixels }: Fleet): Promise<number> {
  const depths = await readLaneDepths(createStore(redis, prefix), pixels);
  return [...depths.values()].reduce((sum, { active }) => sum + active, 0);
}

async function queued(fleet: Fleet): Promise<number> {
  return [...(await fleet.ledgers()).values()].reduce((sum, ledger) => sum + ledger.queued, 0);
}

async function consumed(fleet: Fleet): Promise<number> {
  return [...(await fleet.ledgers()).values()].reduce((sum, ledger) => sum + ledger.consumed, 0);
}

async function until(check: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error('what was waited for did not come about');
    await sleep(100);
  }
}
