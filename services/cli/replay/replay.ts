import type { DeadLetterFacts } from '#core/dead-letter.ts';
import type { Redis } from '#queue/connection.ts';
import { readContent } from '#queue/dead-letters.ts';
import { createRevivalStore, type RevivalStore } from '#queue/revival.ts';
import { sealerOf } from '#queue/sealer-of.ts';
import { ExpectedError } from '#runtime/command.ts';
import type { Configuration } from '#runtime/configuration/configuration.ts';
import { createRemaker } from './remake.ts';
import { type Sendable, stepOf } from './step.ts';

/** So near its horizon an event may be refused before it arrives, and sink its batch: 10 minutes. */
const MARGIN_S = 600;

/** After this Meta no longer recognises an event that it may have taken already: 48 hours. */
const DEDUPLICATION_MS = 48 * 3_600_000;

const AT_ONCE = 250;

export interface ReplayOptions {
  /** Also what Meta may have taken more than 48 hours ago. */
  readonly includeUnknown: boolean;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** What became of the dead letters that were to be replayed. */
export interface Replayed {
  matched: number;
  /** Put back into the queue, or left out by today's settings. */
  replayed: number;
  /** Past their horizon, or too near it. */
  expired: number;
  /** Meta may have taken them so long ago that it would count them twice. */
  unknown: number;
  /** Refused by today's settings, by reason. */
  refused: Record<string, number>;
}

/** Puts dead letters back into the queue, some hundred at a time, each once whatever is killed when. */
export async function replay(
  found: readonly DeadLetterFacts[],
  redis: Redis,
  configuration: Configuration,
  options: ReplayOptions,
): Promise<Replayed> {
  const { prefix } = configuration.redis;
  const run = `${process.pid}-${Date.now()}`;
  const store = options.dryRun ? null : createRevivalStore(redis, prefix, `replay-${run}`);
  await store?.lock().catch((error: Error) => {
    throw new ExpectedError(error.message);
  });
  const result = { matched: found.length, replayed: 0, expired: 0, unknown: 0, refused: {} };
  try {
    for (let at = 0; at < found.length && !options.signal.aborted; at += AT_ONCE) {
      const part = found.slice(at, at + AT_ONCE);
      const sendable = await sort(part, redis, configuration, options, result);
      if (store !== null && sendable.length > 0) {
        await putBack(store, sendable, configuration, `replay-${run}-${at}`);
      }
      result.replayed += sendable.length;
      options.onProgress(at + part.length);
    }
  } finally {
    await store?.close();
  }
  return result;
}

function putBack(
  store: RevivalStore,
  sendable: readonly Sendable[],
  { sealing }: Configuration,
  id: string,
): Promise<void> {
  return store.revive(stepOf(sendable, sealerOf(sealing), () => id));
}

/** Those that can be sent; the others are counted, and stay. */
async function sort(
  letters: readonly DeadLetterFacts[],
  redis: Redis,
  configuration: Configuration,
  { includeUnknown }: ReplayOptions,
  result: Replayed,
): Promise<Sendable[]> {
  const remake = createRemaker(configuration.pixels);
  const sealer = sealerOf(configuration.sealing);
  const now = Date.now();
  const sendable: Sendable[] = [];
  for (const facts of letters) {
    if (facts.horizon !== null && facts.horizon < now / 1000 + MARGIN_S) {
      result.expired += 1;
      continue;
    }
    if (facts.unknown && now - facts.diedAt > DEDUPLICATION_MS && !includeUnknown) {
      result.unknown += 1;
      continue;
    }
    const content = await readContent(redis, configuration.redis.prefix, sealer, facts.id);
    if (content === null) continue;
    const remade = remake(facts, content, now);
    if (remade.kind === 'send') sendable.push({ facts, remade });
    else result.refused[remade.reason] = (result.refused[remade.reason] ?? 0) + 1;
  }
  return sendable;
}
