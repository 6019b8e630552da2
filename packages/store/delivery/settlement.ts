import { randomBytes } from 'node:crypto';
import {
  deadLetterKeys,
  insertArguments,
  type NewDeadLetter,
} from '../dead-letters/script-arguments.ts';
import { type EnvelopeData, parseEnvelopeData, replayOf } from '../intake/envelope.ts';
import { envelopeKeys } from '../keys.ts';
import { block } from '../lua/change-arguments.ts';
import { CLAIM, SETTLE } from '../lua/envelopes.ts';
import { runScript, type ScriptArgument } from '../lua/scripts.ts';
import { type Receipt, type ReceiptPolicy, receiptArguments } from '../receipts/receipt.ts';
import type { RedisWork } from '../redis-fault.ts';
import type { Sealer } from '../sealing.ts';
import type { Store } from '../store.ts';
import type { Disposition, HeldEnvelope } from './lane.ts';

/** An envelope as its worker knows it. */
export type KnownEnvelope = Pick<HeldEnvelope, 'id' | 'token' | 'data'>;

/** What became of the events of an envelope, and where it goes next. */
export interface Settlement {
  readonly pixelId: string;
  readonly envelope: KnownEnvelope;
  readonly delivered: number;
  readonly deadLetters: readonly NewDeadLetter[];
  /** The events that are still to be sent; null when there are none, `envelope.data` when all are. */
  readonly remaining: EnvelopeData | null;
  /** `hold`: more of it is under way, and it stays with its worker. */
  readonly next: Disposition | { readonly kind: 'hold' };
  /** What is told of the events that are settled. */
  readonly receipts?: readonly Receipt[];
}

/**
 * `settled`: it is in Redis. `data` is the content that the envelope has there now, null when it is
 * gone; `free` is false when another worker holds it, because the lock ran out.
 *
 * `refused`: another worker has settled or claimed the envelope since it was read, or Redis came back
 * older. Nothing was counted. The envelope was released with the content that it has in Redis, if
 * it has any and no other worker holds it.
 */
export type SettlementResult =
  | { readonly kind: 'settled'; readonly data: EnvelopeData | null; readonly free: boolean }
  | { readonly kind: 'refused'; readonly open: number };

const VERSION_BYTES = 9;

interface SettlementDeps {
  readonly sealer: Sealer;
  readonly work: RedisWork;
  readonly receipts?: ReceiptPolicy | null;
}

/** Writes down, in one step each, what became of envelopes. */
export type SettlementStore = ReturnType<typeof createSettlementStore>;

export function createSettlementStore(
  { redis, keys }: Store,
  { sealer, work, receipts }: SettlementDeps,
) {
  return {
    /**
     * Settles an envelope and moves it on, in one step: no job ends without its settlement, and no
     * dead letter is missing of an event that is gone. Tries until Redis answers, for as long as it
     * takes: what Meta has taken must not be sent again because Redis was away.
     */
    async settle(settlement: Settlement): Promise<SettlementResult> {
      const { pixelId, envelope, deadLetters, remaining } = settlement;
      const data = remaining === envelope.data ? remaining : renew(remaining, envelope.data);
      const all = [
        ...deadLetterKeys(keys),
        ...envelopeKeys(keys, pixelId, envelope.id),
        keys.replay(replayOf(envelope.id) ?? ''),
        keys.settlementTrial,
        keys.receipts,
      ];
      const told = block(receiptArguments(settlement.receipts ?? [], receipts));
      const letters = deadLetters.length === 0 ? [] : insertArguments(sealer, deadLetters);
      let tries = 0;
      const [settled, about, untold = ''] = await work.retryUntilDone('settle', () => {
        tries += 1;
        const args = [...argumentsOf(settlement, data), ...told, ...letters];
        return runScript(redis, SETTLE, { keys: all, args });
      });
      if (settled === 2) receipts?.onLost?.(untold);
      if (settled !== 0) return { kind: 'settled', data, free: about === 1 };
      // Gone after a try that had no answer: that try was carried out.
      const ours = data === null && about === 0 && tries > 1;
      return ours ? { kind: 'settled', data, free: true } : { kind: 'refused', open: about };
    },
    /**
     * Makes an envelope that a vanished worker held our own, so that nothing more can be settled by
     * that one. Tries until Redis answers.
     * @returns what is open of it; null when there is nothing to do, because it was settled or another
     * worker holds it
     */
    async claim(pixelId: string, { id, token }: KnownEnvelope): Promise<EnvelopeData | null> {
      const all = [...envelopeKeys(keys, pixelId, id), keys.settlementTrial];
      const input = { keys: all, args: [id, token, newVersion()] };
      const answer = await work.retryUntilDone('settle', () => runScript(redis, CLAIM, input));
      return answer === null ? null : parseEnvelopeData(answer);
    },
  };
}

function argumentsOf(
  { envelope, delivered, deadLetters, next }: Settlement,
  data: EnvelopeData | null,
): ScriptArgument[] {
  const { id, token, data: held } = envelope;
  const changed = data === held || data === null ? '' : JSON.stringify(data);
  const waitMs = next.kind === 'rest' ? next.restMs : next.kind === 'defer' ? next.waitMs : 0;
  return [
    id,
    token,
    held.n,
    held.v ?? '',
    Date.now(),
    next.kind,
    Math.max(Math.round(waitMs), 0),
    next.kind === 'rest' ? next.why : '',
    delivered,
    deadLetters.length,
    data?.n ?? 0,
    changed,
  ];
}

/** Another content of the same envelope, under its own version; the version comes first. */
function renew(remaining: EnvelopeData | null, { r }: EnvelopeData): EnvelopeData | null {
  if (remaining === null) return null;
  const { n, d, a } = remaining;
  const noted = a === undefined ? {} : { a };
  return { v: newVersion(), ...(r === undefined ? {} : { r }), n, d, ...noted };
}

function newVersion(): string {
  return randomBytes(VERSION_BYTES).toString('base64url');
}
