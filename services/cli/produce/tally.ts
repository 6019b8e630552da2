import type { BadKindName } from './bad-kinds.ts';

export type MessageKind = 'good' | BadKindName;

/** What was made so far. */
export interface Tally {
  messages: number;
  bytes: number;
  /** Messages by kind; kinds that did not occur are missing. */
  readonly kinds: Partial<Record<MessageKind, number>>;
  /** Good events by name. */
  readonly events: Record<string, number>;
  /** By `context.source`: its good events, and its messages of every kind that name it. */
  readonly sources: Record<string, { good: number; all: number }>;
}

export function startTally(): Tally {
  return { messages: 0, bytes: 0, kinds: {}, events: {}, sources: {} };
}

/**
 * Counts one message.
 * @param message its `source` is the shop that a reader can see in it
 * @param event its name when it is good
 */
export function count(
  tally: Tally,
  message: { kind: MessageKind; value: Buffer; source: string | null },
  event: string | null,
): void {
  const { kind, source } = message;
  tally.messages += 1;
  tally.bytes += message.value.length;
  tally.kinds[kind] = (tally.kinds[kind] ?? 0) + 1;
  if (event !== null) tally.events[event] = (tally.events[event] ?? 0) + 1;
  if (source === null) return;
  const shop = tally.sources[source] ?? { good: 0, all: 0 };
  tally.sources[source] = shop;
  shop.all += 1;
  if (kind === 'good') shop.good += 1;
}
