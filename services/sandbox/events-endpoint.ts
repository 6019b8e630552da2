import type { IncomingMessage, ServerResponse } from 'node:http';
import { act } from './behaviour/act.ts';
import { Exchange } from './exchange.ts';
import * as errors from './graph-error.ts';
import { isJson } from './judge/fault.ts';
import { limited, settle } from './judging.ts';
import { parseBody, type RequestBody, readBody } from './request-body.ts';
import type { Sandbox } from './sandbox.ts';

const BEARER = /^(?:Bearer|OAuth)\s+(\S+)$/i;

/** The token in the Authorization header, as Meta reads it. */
export function bearerOf(request: IncomingMessage): string | undefined {
  return BEARER.exec(request.headers.authorization ?? '')?.[1];
}

interface ParsedBody {
  /** Undefined where the bytes are not JSON. */
  readonly json: unknown;
  readonly bytes: Buffer;
}

/**
 * `POST /{version}/{pixel}/events`. The order is fixed, so that after every answer, given or not,
 * it is certain whether the events were taken: read, authorise, judge, journal, answer; behaviours
 * act before reading, before judging, and after accepting.
 */
export async function receiveEvents(
  sandbox: Sandbox,
  pixel: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { book, journal, options } = sandbox;
  const exchange = new Exchange(pixel, request, response, journal.of(pixel), options.now);
  const usage = book.doing(pixel, 'show_usage').at(-1);
  if (usage !== undefined && book.spend(usage)) exchange.usage = usage.action.usage;

  if (await act(book, exchange, 'before_reading')) return;
  const body = await read(sandbox, exchange);
  if (body === null || (await act(book, exchange, 'before_judging'))) return;
  const messages = decide(sandbox, exchange, url, body);
  if (messages === null || (await act(book, exchange, 'after_accepting'))) return;
  exchange.succeed(messages);
}

/** The body as JSON and as bytes; null when there is none and that was answered. */
async function read({ options }: Sandbox, exchange: Exchange): Promise<ParsedBody | null> {
  const body = await readBody(exchange.request, {
    maxBytes: options.maxBodyBytes,
    acceptGzip: options.acceptGzip,
  });
  exchange.journal.bodyRead(body.wire);
  if (body.kind !== 'read') {
    failToRead(exchange, body.kind);
    return null;
  }
  const json = parseBody(body.bytes, exchange.request.headers['content-type'] ?? '');
  const data = isJson(json) ? json['data'] : null;
  if (Array.isArray(data)) exchange.events = data.length;
  return { json, bytes: body.bytes };
}

/** Authorises and judges: the `messages` of success, or null when a refusal was answered. */
function decide(
  sandbox: Sandbox,
  exchange: Exchange,
  url: URL,
  { json, bytes }: ParsedBody,
): readonly string[] | null {
  const denial = authorise(sandbox, exchange, url, json);
  if (denial === null && json !== undefined) {
    return limited(sandbox.book, exchange, bytes.length)
      ? null
      : settle(sandbox, exchange, json, bytes);
  }
  exchange.fail(denial ?? errors.UNREADABLE_BODY);
  return null;
}

function failToRead(exchange: Exchange, kind: Exclude<RequestBody['kind'], 'read'>): void {
  switch (kind) {
    case 'aborted':
      exchange.journal.aborted();
      break;
    case 'bad_encoding':
      exchange.fail(errors.UNREADABLE_ENCODING);
      break;
    case 'damaged':
      exchange.fail(errors.UNREADABLE_BODY);
      break;
    case 'too_large':
      exchange.noteRefusal(413, null);
      exchange.send(413, 'text/html', '<h1>413 Request Entity Too Large</h1>');
      break;
  }
}

/** The token comes in the header, as query parameter or as field of the body. */
function authorise(
  { access }: Sandbox,
  exchange: Exchange,
  url: URL,
  body: unknown,
): errors.GraphError | null {
  const header = bearerOf(exchange.request);
  const field = isJson(body) ? body['access_token'] : undefined;
  const token = header ?? url.searchParams.get('access_token') ?? field;
  if (typeof token !== 'string' || token === '') return errors.NO_TOKEN;
  return access.refuse(exchange.pixel, token);
}
