import { answer } from './behaviour/act.ts';
import type { EventMatch } from './behaviour/behaviour.ts';
import type { BehaviourBook } from './behaviour/book.ts';
import type { Exchange } from './exchange.ts';
import { refusalOf } from './graph-error.ts';
import type { Json } from './judge/fault.ts';
import { judge } from './judge/judge.ts';
import type { Sandbox } from './sandbox.ts';

/** True when a behaviour finds the request too large, and has said so. */
export function limited(book: BehaviourBook, exchange: Exchange, bytes: number): boolean {
  for (const armed of book.doing(exchange.pixel, 'limit')) {
    const { maxEvents, maxBytes, reply } = armed.action;
    const tooMany = maxEvents !== null && (exchange.events ?? 0) > maxEvents;
    if (!tooMany && (maxBytes === null || bytes <= maxBytes)) continue;
    if (!book.spend(armed)) continue;
    exchange.journal.behaved(armed.kind);
    answer(exchange, reply);
    return true;
  }
  return false;
}

/**
 * Judges the events and journals them. The `messages` of the success answer, or null when the
 * request was refused and that was answered.
 */
export function settle(
  { options, book }: Sandbox,
  exchange: Exchange,
  body: unknown,
  bytes: Buffer,
): string[] | null {
  const shown = book.doing(exchange.pixel, 'show_index').at(-1)?.action.shown ?? options.indexShown;
  const now = options.now();
  const judgement = judge(body, { ...options, now: Math.floor(now / 1000) });
  if (!judgement.accepted) {
    const { fault, index } = judgement;
    exchange.fail(refusalOf(fault, index, shown), index);
    return null;
  }
  const { events, messages } = judgement;
  if (refusedOnDemand(book, exchange, events, shown !== 'never')) return null;
  const isTest = typeof (body as Json)['test_event_code'] === 'string';
  exchange.accept();
  exchange.journal.accept(events, bytes, isTest, messages.length, now);
  return messages;
}

function refusedOnDemand(
  book: BehaviourBook,
  exchange: Exchange,
  events: readonly Json[],
  mayName: boolean,
): boolean {
  for (const armed of book.doing(exchange.pixel, 'refuse_event')) {
    const { match, error, named } = armed.action;
    const index = events.findIndex((event, at) => matches(match, event, at));
    if (index === -1 || !book.spend(armed)) continue;
    exchange.journal.behaved(armed.kind);
    const place = named && mayName ? `: $['data'][${index}]` : '';
    exchange.fail({ ...error, message: `${error.message}${place}` }, index);
    return true;
  }
  return false;
}

function matches({ eventIds, eventNames, indexes }: EventMatch, event: Json, at: number): boolean {
  return (
    (eventIds === null || eventIds.has(event['event_id'] as string)) &&
    (eventNames === null || eventNames.has(event['event_name'] as string)) &&
    (indexes === null || indexes.has(at))
  );
}
