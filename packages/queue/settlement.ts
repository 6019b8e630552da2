import type { Redis } from 'ioredis';
import { burialArguments, burialKeys, type DeadLetter } from './burial.ts';
import type { EnvelopeData } from './envelope.ts';
import { createKeys } from './keys.ts';
import { replayOf } from './replay-envelope.ts';
import { type ScriptArgument, SETTLE_COMMAND, withScripts } from './scripts.ts';
import type { Sealer } from './sealing.ts';

/** What became of the events of an envelope. */
export interface Settlement {
  readonly pixelId: string;
  readonly envelopeId: string;
  /** How many of its events were open when it was taken. */
  readonly events: number;
  readonly delivered: number;
  readonly deadLetters: readonly DeadLetter[];
  /** The events that are still to be sent; null when there are none. */
  readonly remaining: EnvelopeData | null;
}

/** Between tries while Redis does not answer, in ms. */
const TRY_AGAIN_MS = 250;

/** Writes down, in one step each, what became of envelopes. */
export interface SettlementStore {
  /**
   * Settles an envelope; dead letters are in Redis before the envelope can be acknowledged. False
   * when it had been settled before: then nothing is counted twice. Tries until Redis answers, for
   * as long as it takes: what Meta has taken must not be sent again because Redis was away.
   */
  settle(settlement: Settlement): Promise<boolean>;
  /** How many events of an envelope are open; 0 when it was settled and only not acknowledged. */
  openEvents(pixelId: string, envelopeId: string): Promise<number>;
}

export function createSettlementStore(
  redis: Redis,
  options: { prefix: string; sealer: Sealer; onFailure: (error: Error) => void },
): SettlementStore {
  const keys = createKeys(options.prefix);
  const scripted = withScripts(redis);
  const insist = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        options.onFailure(error as Error);
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
      }
    }
  };
  return {
    async settle(settlement) {
      const { pixelId, envelopeId, events, delivered, deadLetters, remaining } = settlement;
      const args: ScriptArgument[] = [
        ...burialKeys(keys),
        keys.open(pixelId),
        keys.ledger(pixelId),
        keys.job(pixelId, envelopeId),
        keys.replay(replayOf(envelopeId) ?? ''),
        keys.suspects(pixelId),
        keys.unreadable(pixelId),
        envelopeId,
        events,
        delivered,
        remaining?.n ?? 0,
        remaining === null ? '' : JSON.stringify(remaining),
        deadLetters.length,
        ...(deadLetters.length === 0 ? [] : burialArguments(options.sealer, deadLetters)),
      ];
      // ioredis adds to the arguments that it is given.
      return (await insist(() => scripted[SETTLE_COMMAND]([...args]))) === 1;
    },
    async openEvents(pixelId, envelopeId) {
      return Number((await insist(() => redis.hget(keys.open(pixelId), envelopeId))) ?? 0);
    },
  };
}
