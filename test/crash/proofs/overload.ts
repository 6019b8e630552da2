import { setTimeout as sleep } from 'node:timers/promises';
import { formatCount } from '#core/text/format.ts';
import type { RelayProcess } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import { audit, settled } from '#test/crash/audit.ts';
import { Load } from '#test/crash/load.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { Fleet } from '#test/support/fleet.ts';

/** The shortest that a configuration may give. */
const LOCK_MS = 5000;
/** Of each turn a worker sleeps so long and works so long, in ms: never half of a lock at once. */
const SLEEP_MS = 1500;
const WORK_MS = 500;
const EVENTS_OF_ENVELOPE = 5;
const PATIENCE_MS = 900_000;

export interface Overload {
  readonly pixels: number;
  readonly messages: number;
  /** How long the workers are kept from most of their time. */
  readonly lastsMs: number;
}

/**
 * Two workers with a quarter of the time that they need, and a backlog in each of many pixels. There is no
 * short form: a machine that is busy enough keeps any worker from its locks, and what is then under way
 * is sent twice.
 */
export async function overload({ arena, seed, say }: Bench, options: Overload): Promise<Evidence> {
  const { pixels, messages, lastsMs } = options;
  const fleet = await Fleet.prepare({
    brokers: arena.brokers,
    redisUrl: arena.redisUrl,
    pixels,
    sandboxArgs: ['--behaviour', '*=delay,ms:20-80'],
    // An answer that comes too late would be an event that is sent twice, and this is not about that.
    graphTimeoutMs: PATIENCE_MS,
    sections: {
      ingest: { port: 0, envelope: { maxEvents: EVENTS_OF_ENVELOPE, lingerMs: 20 } },
      worker: { port: 0, lockMs: LOCK_MS, stopTimeoutMs: 120_000 },
    },
  });
  try {
    const load = new Load(fleet, { seed, badShare: 0, chunk: 2000, everyMs: 0 });
    await load.send(messages);
    const ingest = await fleet.start('ingest');
    const workers = [await fleet.start('worker'), await fleet.start('worker')];
    await Promise.all(workers.map((worker, index) => starve(worker, index * WORK_MS, lastsMs)));
    say(`${formatCount(messages)} messages; waiting until all of them have ended …`);
    const ended = await settled(fleet, arena.brokers, PATIENCE_MS);
    const pages = await scrape(workers.map(({ url }) => url));
    const exits = await Promise.all([ingest, ...workers].map(end));
    const found = await audit(fleet, arena.brokers, load);
    const unknownAnswers = pages.sum('capi_worker_unknown_answer_events_total');
    const suspects = pages.sum('capi_worker_poison_envelopes_total');
    const lost = pages.sum('capi_worker_lost_envelopes_total');
    const told = null;
    const result = { audit: found, settled: ended, unknownAnswers, unexpected: [], exits, told };
    const disturbances = `two workers that sleep ${SLEEP_MS} of every ${SLEEP_MS + WORK_MS} ms, ${formatCount(pixels)} pixels, locks of ${LOCK_MS} ms`;
    return evidence(disturbances, result, 0, {
      notes: [
        `${formatCount(lost)} envelopes went to the other worker, ${formatCount(suspects)} suspects`,
      ],
      faults: suspects === 0 ? [] : [`${suspects} envelopes of workers that live became suspects`],
    });
  } finally {
    await fleet.stop();
  }
}

async function starve(worker: RelayProcess, afterMs: number, lastsMs: number): Promise<void> {
  await sleep(afterMs);
  const until = performance.now() + lastsMs;
  while (performance.now() < until && worker.running()) {
    worker.kill('SIGSTOP');
    await sleep(SLEEP_MS);
    worker.kill('SIGCONT');
    await sleep(WORK_MS);
  }
}

function end(process: RelayProcess): Promise<number | string> {
  process.kill('SIGTERM');
  return process.exited;
}
