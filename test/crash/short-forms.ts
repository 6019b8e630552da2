import { afterAll, beforeAll, expect, jest } from '@jest/globals';
import { type Arena, openArena } from './arena.ts';
import type { Bench, Evidence } from './proof.ts';

/**
 * Opens an arena for the short forms of a file: seconds each, and the same code as `make crash`, with
 * what events leave in Redis switched on: receipts, and the window for duplicates. Their
 * seeds are fixed and chosen so that each kind of disturbance comes once; the long forms draw new ones.
 */
export function shortForms(): (seed: string) => Bench {
  jest.setTimeout(900_000);
  let arena: Arena;
  beforeAll(async () => {
    arena = await openArena();
  });
  afterAll(() => arena.close());
  return (seed) => ({ arena, seed, say: () => {}, remembers: true });
}

/** Expects that a proof found nothing wrong, and that there was something to find. */
export function expectHolds({ faults, lost, duplicatedByIngest, events }: Evidence): void {
  expect(faults).toEqual([]);
  expect({ lost, duplicatedByIngest }).toEqual({ lost: 0, duplicatedByIngest: 0 });
  expect(events).toBeGreaterThan(0);
}
