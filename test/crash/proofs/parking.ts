import { setTimeout as sleep } from 'node:timers/promises';
import { formatCount } from '#core/text/format.ts';
import { Mayhem } from '#test/crash/mayhem.ts';
import { type Bench, type Evidence, evidence } from '#test/crash/proof.ts';
import { type Scene, trial, UNDER_WAY } from '#test/crash/trial.ts';
import { PIXELS, TOKEN } from '#test/support/fleet.ts';
import type { KillsOptions } from './kills.ts';

const [SICK = ''] = PIXELS;

/** How long the first event may take to be parked, in ms. */
const PARKED_WITHIN_MS = 120_000;

/**
 * The token of one pixel dies. Processes and servers die while its events stay in Kafka, and again, once
 * the token is valid, while they are read from there.
 */
export async function parking(bench: Bench, options: KillsOptions): Promise<Evidence> {
  const { arena, seed, say, remembers = false } = bench;
  const { eventsPerSecond } = options;
  const pace = { ingests: 2, workers: 2, eventsPerSecond, remembers };
  const result = await trial(arena, { seed, say, ...pace }, async (scene) => {
    const { fleet } = scene;
    await fleet.tell('tokens', { pixel: SICK, tokens: ['another'], expired: [TOKEN] });
    await untilParked(scene);
    say('events are parked');
    const whileParking = new Mayhem(scene, { ...options, seed: `${seed}-parking`, say });
    await whileParking.run();
    const most = await parkedNow(scene);
    await fleet.tell('tokens', { pixel: SICK, tokens: [TOKEN], expired: [] });
    say(`${most} events are parked; the token is valid`);
    const whileReading = new Mayhem(scene, { ...options, seed: `${seed}-reading`, say });
    await whileReading.run();
    return { most, mayhems: [whileParking, whileReading] };
  });
  const { most, mayhems } = result.told;
  const sum = (of: (mayhem: Mayhem) => number) => mayhems.reduce((all, each) => all + of(each), 0);
  const disturbances = `a dead token, ${sum(({ kills }) => kills)} SIGKILL, half of them after it was replaced`;
  const hit = sum(({ workersHit }) => workersHit);
  return evidence(disturbances, result, hit * UNDER_WAY + result.unknownAnswers, {
    notes: [`${formatCount(most)} events were parked`],
    faults: most === 0 ? ['nothing was parked'] : [],
  });
}

async function untilParked(scene: Scene): Promise<void> {
  const deadline = performance.now() + PARKED_WITHIN_MS;
  while ((await parkedNow(scene)) === 0) {
    if (performance.now() > deadline) throw new Error('no event was parked');
    await sleep(100);
  }
}

/** Redis may be away. */
async function parkedNow({ fleet }: Scene): Promise<number> {
  const ledgers = await fleet.ledgers().catch(() => null);
  return ledgers?.get(SICK)?.parked ?? 0;
}
