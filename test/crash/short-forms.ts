import { afterAll, beforeAll, expect, jest } from '@jest/globals';
import { type Arena, openArena } from './arena.ts';
import type { Bench, Evidence } from './proof.ts';
import { SharedStage } from './stage.ts';

const BROKERS = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');

/**
 * Opens an arena for the short forms of a file: seconds each, and the same code as `make crash`, with
 * what events leave in Redis switched on: receipts, and the window for duplicates. Their
 * seeds are fixed and chosen so that each kind of disturbance comes once; the long forms draw new ones.
 * @param kafka the one of the whole test run will do where it is not killed
 * @returns a bench whose trials start their own processes, and one whose trials share them, for proofs
 *   that follow each other
 */
export function shortForms(
  kafka: 'own Kafka' | 'shared Kafka',
): Record<'own' | 'shared', (seed: string) => Bench> {
  jest.setTimeout(900_000);
  let arena: Arena;
  const shared = new SharedStage();
  beforeAll(async () => {
    arena = await openArena(kafka === 'own Kafka' ? null : BROKERS);
  });
  afterAll(async () => {
    const faults = await shared.end();
    await arena.close();
    expect(faults).toEqual([]);
  });
  const say = () => {};
  return {
    own: (seed) => ({ arena, seed, say, remembers: true }),
    shared: (seed) => ({ arena: { ...arena, shared }, seed, say, remembers: true }),
  };
}

/** Expects that a proof found nothing wrong, and that there was something to find. */
export function expectHolds({ faults, lost, duplicatedByIngest, events }: Evidence): void {
  expect(faults).toEqual([]);
  expect({ lost, duplicatedByIngest }).toEqual({ lost: 0, duplicatedByIngest: 0 });
  expect(events).toBeGreaterThan(0);
}
