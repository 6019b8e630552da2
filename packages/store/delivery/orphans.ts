import { envelopeKeys, listKeys } from '../keys.ts';
import { HEAL, UNEVEN } from '../lua/orphans.ts';
import type { Store } from '../store.ts';

/*
 * An envelope is in Redis in three places: its open entry, its job, and the list that the job stands
 * in. All of them change in one step. Where one is without the others, a release before this one, a
 * person or another program was at work, and events would be queued for ever.
 */

/** What was wrong with an envelope, and was set right; see `HEAL`. */
export const ORPHANS = ['lost', 'settled', 'restored', 'requeued'] as const;
export type Orphan = (typeof ORPHANS)[number];

interface Healed {
  /** `sound` when nothing was wrong any more. */
  readonly kind: Orphan | 'sound';
  readonly events: number;
}

/** Finds envelopes that are in Redis only in part. */
export interface OrphanStore {
  /** Every pixel that was ever enqueued for. */
  pixels(): Promise<string[]>;
  /** Those that have more open entries than jobs, or fewer; cheap, however much waits. */
  uneven(pixelIds: readonly string[]): Promise<string[]>;
  /**
   * Envelopes of a pixel that have an open entry and stand in no list, or the other way round. As much
   * is read as waits, not all at once: envelopes that moved meanwhile may be among them.
   */
  find(pixelId: string): Promise<Set<string>>;
  /** Repairs one, if it still needs it and no worker holds it. */
  heal(pixelId: string, envelopeId: string): Promise<Healed>;
}

/** Pixels that one script counts, and envelopes that one command reads. */
const PIXELS_AT_ONCE = 100;
const ENVELOPES_AT_ONCE = 1000;

interface OrphanRedis {
  capiHeal(args: string[]): Promise<[Healed['kind'], number]>;
  capiUneven(...args: (string | number)[]): Promise<number[]>;
}

export function createOrphanStore(store: Store): OrphanStore {
  const keys = store.keys;
  store.redis.defineCommand('capiHeal', {
    numberOfKeys: envelopeKeys(store.keys, '', '').length + 2,
    lua: HEAL,
  });
  store.redis.defineCommand('capiUneven', { lua: UNEVEN });
  const scripts = store.redis as unknown as OrphanRedis;
  return {
    pixels: () => store.redis.smembers(keys.pixels),
    async uneven(pixelIds) {
      const found: string[] = [];
      for (let at = 0; at < pixelIds.length; at += PIXELS_AT_ONCE) {
        const some = pixelIds.slice(at, at + PIXELS_AT_ONCE);
        const all = some.flatMap((pixelId) => listKeys(store.keys, pixelId));
        const numbers = await scripts.capiUneven(all.length, ...all);
        found.push(...numbers.map((number) => some[number] ?? ''));
      }
      return found;
    },
    async find(pixelId) {
      const [open = '', wait = '', active = '', ...sets] = listKeys(store.keys, pixelId);
      const listed = new Set<string>();
      for (const list of [wait, active])
        await readAll(listed, (a, b) => store.redis.lrange(list, a, b));
      for (const set of sets)
        await readAll(listed, (a, b) => store.redis.zrange(set, String(a), String(b)));
      const found = new Set<string>();
      const entries = store.redis.hscanStream(open, { count: ENVELOPES_AT_ONCE });
      for await (const fields of entries as AsyncIterable<string[]>) {
        for (let at = 0; at < fields.length; at += 2) {
          const id = fields[at] ?? '';
          if (!listed.delete(id)) found.add(id);
        }
      }
      return new Set([...found, ...listed]);
    },
    async heal(pixelId, id) {
      const failed = listKeys(store.keys, pixelId).at(-1) ?? '';
      const known = [...envelopeKeys(store.keys, pixelId, id), failed, keys.settlementTrial];
      const args = [...known, id, ''];
      const [kind, events] = await scripts.capiHeal(args);
      return { kind, events };
    },
  };
}

async function readAll(
  into: Set<string>,
  read: (from: number, to: number) => Promise<string[]>,
): Promise<void> {
  for (let at = 0; ; at += ENVELOPES_AT_ONCE) {
    const ids = await read(at, at + ENVELOPES_AT_ONCE - 1);
    for (const id of ids) into.add(id);
    if (ids.length < ENVELOPES_AT_ONCE) return;
  }
}
