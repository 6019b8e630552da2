import { z } from 'zod';
import type { ScriptArgument } from '../lua/scripts.ts';
import { parseStored } from '../stored-value.ts';
import { NAME_BYTES } from './names.ts';

/*
 * A receipt says of some events at once what became of them: an entry of a stream with one field. Its
 * name is what they have in common, a letter and JSON; its value names each of them, in binary:
 *
 *   m{…}   a message was read: the name of its id, and that of its position
 *   p{…}   an event was settled or replayed: the name of its position
 */
export const NAME_WIDTHS = { m: 2 * NAME_BYTES, p: NAME_BYTES } as const;

/** By what the events of a receipt are named: message ids, or positions in Kafka. */
export type NamedBy = keyof typeof NAME_WIDTHS;

/** What the events of a receipt have in common. */
export interface ReceiptFacts {
  /** Null when no pixel could be told. */
  readonly pixelId: string | null;
  readonly outcome: 'queued' | 'filtered' | 'delivered' | 'dead' | 'parked';
  /** Why they were filtered, or are dead. */
  readonly reason?: string;
  /** The envelope that they are in. */
  readonly envelope?: string;
  /** Of the request in which Meta accepted them: Meta's trace id, how many events it had, and when. */
  readonly request?: AcceptedRequest;
}

/** A request that Meta accepted. */
export interface AcceptedRequest {
  readonly traceId: string | null;
  readonly events: number;
  /** Unix ms. */
  readonly at: number;
}

export interface Receipt {
  readonly namedBy: NamedBy;
  readonly facts: ReceiptFacts;
  readonly names: readonly Buffer[];
}

/** How receipts are kept; null or left out where they are not. */
export interface ReceiptPolicy {
  readonly keepHours: number;
  readonly maxBytes: number;
  /** Receipts were not written, although everything else was; `why` is Redis's own word. */
  readonly onLost?: (why: string) => void;
}

/** The arguments of a script for some receipts, to be read as one block. */
export function receiptArguments(
  receipts: readonly Receipt[],
  policy: ReceiptPolicy | null | undefined,
): ScriptArgument[] {
  if (!policy || receipts.length === 0) return [];
  const all = receipts.flatMap(({ namedBy, facts, names }) => [
    namedBy + JSON.stringify(storedOf(facts)),
    Buffer.concat(names),
  ]);
  return [policy.keepHours * 3600, policy.maxBytes, ...all];
}

/** Short names: an envelope of few events would else take more for them than for its events. */
function storedOf({ pixelId, outcome, reason, envelope, request }: ReceiptFacts) {
  const { traceId, events, at } = request ?? {};
  return { p: pixelId, o: outcome, r: reason, e: envelope, t: traceId, n: events, at };
}

const STORED = z.object({
  p: z.string().nullable(),
  o: z.literal(['queued', 'filtered', 'delivered', 'dead', 'parked']),
  r: z.string().optional(),
  e: z.string().optional(),
  t: z.string().nullable().optional(),
  n: z.number().optional(),
  at: z.number().optional(),
});

/** @throws UnreadableValue */
export function parseReceiptFacts(text: string): ReceiptFacts {
  const { p, o, r, e, t = null, n, at } = parseStored(text, 'a receipt', STORED);
  return {
    pixelId: p,
    outcome: o,
    ...(r === undefined ? {} : { reason: r }),
    ...(e === undefined ? {} : { envelope: e }),
    ...(n === undefined || at === undefined ? {} : { request: { traceId: t, events: n, at } }),
  };
}
