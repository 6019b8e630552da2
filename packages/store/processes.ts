import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import type { Store } from './store.ts';
import { parseStored, UnreadableValue } from './stored-value.ts';

const ENTRY = z.object({
  service: z.string(),
  version: z.string(),
  host: z.string(),
  pid: z.number(),
  /** Unix ms, by the clock of its machine. */
  startedAt: z.number(),
  /** When it was last heard of, Unix ms. */
  at: z.number(),
});

/** A process of the fleet, as it announces itself. */
export type ProcessEntry = Readonly<z.infer<typeof ENTRY>>;

/** Between two signs of life, in ms. */
const BEAT_MS = 20_000;
/** One that is silent for longer is not shown, in ms; clocks of machines differ by less. */
const SILENT_MS = 120_000;
/** What is silent for longer is removed by the next process that starts, in ms. */
const FORGOTTEN_MS = 3_600_000;

/**
 * Announces this process, now and every twenty seconds. Nothing depends on it: what Redis refuses is
 * announced again with the next sign of life.
 * @returns what ends that, and removes the announcement
 */
export function announceProcess(
  { redis, keys }: Store,
  service: string,
  version: string,
): () => Promise<void> {
  const field = randomBytes(6).toString('hex');
  const startedAt = Date.now();
  const { pid } = process;
  const identity = { service, version, host: hostname(), pid, startedAt };
  const announce = (): void => {
    const entry: ProcessEntry = { ...identity, at: Date.now() };
    redis.hset(keys.processes, field, JSON.stringify(entry)).catch(() => {});
  };
  const timer = setInterval(announce, BEAT_MS).unref();
  announce();
  removeForgotten({ redis, keys }, startedAt).catch(() => {});
  return async () => {
    clearInterval(timer);
    await redis.hdel(keys.processes, field).catch(() => {});
  };
}

async function removeForgotten({ redis, keys }: Store, now: number): Promise<void> {
  const all = Object.entries(await redis.hgetall(keys.processes));
  const old = all.filter(([, text]) => now - (parseEntry(text)?.at ?? 0) > FORGOTTEN_MS);
  if (old.length > 0) await redis.hdel(keys.processes, ...old.map(([field]) => field));
}

/** The processes that live: by service, and the oldest first. */
export async function readProcesses(
  { redis, keys }: Store,
  now: number,
): Promise<readonly ProcessEntry[]> {
  return Object.values(await redis.hgetall(keys.processes))
    .flatMap((text) => parseEntry(text) ?? [])
    .filter(({ at }) => now - at < SILENT_MS)
    .sort((a, b) => a.service.localeCompare(b.service, 'en') || a.startedAt - b.startedAt);
}

/** Null for what something else wrote. */
function parseEntry(text: string): ProcessEntry | null {
  try {
    return parseStored(text, 'the announcement of a process', ENTRY);
  } catch (error) {
    if (error instanceof UnreadableValue) return null;
    throw error;
  }
}
