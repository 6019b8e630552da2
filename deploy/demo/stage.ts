import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayFleet } from '#local/relay-fleet.ts';
import type { Redis } from '#store/connection.ts';
import { type Ledger, readLedgers } from '#store/status/ledger.ts';
import { createStore } from '#store/store.ts';
import type { Settings } from './settings.ts';

const GIVE_UP_MS = 300_000;

/** Waits until it is so. @throws Error that says what was waited for */
export async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + GIVE_UP_MS;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`${what} did not come about in time`);
    await sleep(200);
  }
}

/** What the demo of a replay plays on. */
export interface Stage {
  readonly fleet: RelayFleet;
  readonly redis: Redis;
  readonly prefix: string;
  readonly settings: Settings;
}

export function ledgersOf({ redis, prefix }: Stage): Promise<Map<string, Ledger>> {
  return readLedgers(createStore(redis, prefix));
}

/** Of all pixels together. */
export async function total(stage: Stage, of: (ledger: Ledger) => number): Promise<number> {
  return [...(await ledgersOf(stage)).values()].reduce((sum, ledger) => sum + of(ledger), 0);
}
