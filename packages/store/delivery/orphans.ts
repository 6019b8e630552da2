import { envelopeKeys, listKeys } from '../keys.ts';
import { HEAL, UNEVEN } from '../lua/orphans.ts';
import { UnexpectedReply } from '../lua/reply.ts';
import { runScript } from '../lua/scripts.ts';
import type { Store } from '../store.ts';

/*
 * An envelope is in Redis in three places: its open entry, its job, and the list that the job stands
 * in. All of them change in one step. Where one is without the others, a release before this one, a
 * person or another program was at work, and events would be queued for ever.
 */

/** Pixels that one script counts, and envelopes that one command reads. */
const PIXELS_AT_ONCE = 100;
const ENVELOPES_AT_ONCE = 1000;

/** Finds envelopes that are in Redis only in part. */
export type OrphanStore = ReturnType<typeof createOrphanStore>;

export function createOrphanStore({ redis, keys }: Store) {
  return {
    /** Every pixel that was ever enqueued for. */
    pixels: () => redis.smembers(keys.pixels),
    /** Those that have more open entries than jobs, or fewer; cheap, however much waits. */
    async uneven(pixelIds: readonly string[]): Promise<string[]> {
      const found: string[] = [];
      for (let at = 0; at < pixelIds.length; at += PIXELS_AT_ONCE) {
        const some = pixelIds.slice(at, at + PIXELS_AT_ONCE);
        const all = some.flatMap((pixelId) => listKeys(keys, pixelId));
        const numbers = await runScript(redis, UNEVEN, { keys: all, args: [] });
        const uneven = numbers.map((number) => some[number]).filter((id) => id !== undefined);
        if (uneven.length < numbers.length) throw new UnexpectedReply(UNEVEN.name, numbers);
        found.push(...uneven);
      }
      return found;
    },
    /**
     * Envelopes of a pixel that have an open entry and stand in no list, or the other way round. As much
     * is read as waits, not all at once: envelopes that moved meanwhile may be among them.
     */
    async find(pixelId: string): Promise<Set<string>> {
      const [open = '', wait = '', active = '', ...sets] = listKeys(keys, pixelId);
      const listed = new Set<string>();
      for (const list of [wait, active]) await readAll(listed, (a, b) => redis.lrange(list, a, b));
      for (const set of sets)
        await readAll(listed, (a, b) => redis.zrange(set, String(a), String(b)));
      const found = new Set<string>();
      let cursor = '0';
      do {
        const [next, fields] = await redis.hscan(open, cursor, 'COUNT', ENVELOPES_AT_ONCE);
        const ids = fields.filter((_, at) => at % 2 === 0);
        for (const id of ids) if (!listed.delete(id)) found.add(id);
        cursor = next;
      } while (cursor !== '0');
      return new Set([...found, ...listed]);
    },
    /** Repairs one, if it still needs it and no worker holds it; `sound` when it did not. */
    async heal(pixelId: string, id: string) {
      const failed = listKeys(keys, pixelId).at(-1) ?? '';
      const all = [...envelopeKeys(keys, pixelId, id), failed, keys.settlementTrial];
      const [kind, events] = await runScript(redis, HEAL, { keys: all, args: [id, ''] });
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
