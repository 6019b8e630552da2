import { setTimeout as sleep } from 'node:timers/promises';
import type { Exchange } from '../exchange.ts';
import { envelope, UNKNOWN_ERROR } from '../graph-error.ts';
import type { Reply, Stage } from './behaviour.ts';

/**
 * Applies the behaviours of a stage, in the order in which they were added, until one of them ends
 * the exchange. True when the exchange has ended.
 */
export async function act(exchange: Exchange, stage: Stage): Promise<boolean> {
  const { book } = exchange.sandbox;
  for (const armed of book.staged(exchange.pixel, stage)) {
    if (!exchange.spend(armed)) continue;
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
export function answer(exchange: Exchange, { headers = {}, usage, body }: Reply): void {
  if (usage !== undefined) exchange.usage = usage;
  if ('code' in body) {
    exchange.fail(body, null, headers);
  } else if ('text' in body) {
    exchange.noteRefusal(body);
    exchange.send(body.status, body.contentType, body.text, headers);
  } else {
    const padded = exchange.successBody(['x'.repeat(body.padding)]);
    exchange.send(200, 'application/json; charset=UTF-8', padded, headers);
  }
}

/** Cuts off the true answer in the middle: success if the events were accepted, else an error. */
function truncate(exchange: Exchange, keep: number): void {
  const [status, body] = exchange.accepted
    ? [200, exchange.successBody([])]
    : [UNKNOWN_ERROR.status, envelope(UNKNOWN_ERROR, exchange.traceId)];
  const kept = Math.min(body.length - 1, Math.floor(body.length * keep));
  exchange.noteRefusal({ status });
  exchange.head(status, 'application/json; charset=UTF-8', body.length);
  exchange.response.write(body.slice(0, kept), () => exchange.request.socket.end());
}
