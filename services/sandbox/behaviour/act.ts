import { setTimeout as sleep } from 'node:timers/promises';
import type { Exchange } from '../exchange.ts';
import { envelope, graphError } from '../graph-error.ts';
import type { Reply, Stage } from './behaviour.ts';
import type { BehaviourBook } from './book.ts';

/**
 * Applies the behaviours of a stage, in the order in which they were added, until one of them ends
 * the exchange. True when the exchange has ended.
 */
export async function act(book: BehaviourBook, exchange: Exchange, stage: Stage): Promise<boolean> {
  for (const armed of book.staged(exchange.pixel, stage)) {
    if (!book.spend(armed)) continue;
    exchange.journal.behaved(armed.kind);
    switch (armed.action.do) {
      case 'wait':
        await sleep(book.between(armed.action.ms), undefined, { ref: false });
        continue;
      case 'hang':
        return true;
      case 'reset':
        exchange.request.socket.resetAndDestroy();
        return true;
      case 'answer':
        answer(exchange, armed.action.reply);
        return true;
      case 'truncate':
        truncate(exchange, armed.action.keep);
        return true;
    }
  }
  return false;
}

/** Sends the answer of a behaviour, whether or not it is true. */
export function answer(exchange: Exchange, reply: Reply): void {
  if (reply.usage !== null) exchange.usage = reply.usage;
  switch (reply.body.kind) {
    case 'error':
      exchange.fail({ ...reply.body.error, status: reply.status }, null, { ...reply.headers });
      return;
    case 'text':
      exchange.noteRefusal(reply.status, null);
      exchange.send(reply.status, reply.body.contentType, reply.body.text, { ...reply.headers });
      return;
    case 'padded_success': {
      const body = exchange.successBody(['x'.repeat(reply.body.bytes)]);
      exchange.send(reply.status, 'application/json; charset=UTF-8', body, { ...reply.headers });
      return;
    }
  }
}

/** Cuts off the true answer in the middle: success if the events were accepted, else an error. */
function truncate(exchange: Exchange, keep: number): void {
  const error = graphError({ status: 500, code: 1, message: 'An unknown error has occurred.' });
  const status = exchange.accepted ? 200 : error.status;
  const body = exchange.accepted ? exchange.successBody([]) : envelope(error, exchange.traceId);
  const kept = Math.min(body.length - 1, Math.floor(body.length * keep));
  exchange.noteRefusal(status, null);
  exchange.head(status, 'application/json; charset=UTF-8', body.length);
  exchange.response.write(body.slice(0, kept), () => exchange.request.socket.end());
}
