import type { IncomingMessage, ServerResponse } from 'node:http';
import { act, answer } from './behaviour/act.ts';
import type { EventMatch } from './behaviour/behaviour.ts';
import { Exchange } from './exchange.ts';
import * as errors from './graph-error.ts';
import { refusalOf } from './graph-error.ts';
import { parseBody, type RequestBody, readBody } from './request-body.ts';
import type { Sandbox } from './sandbox.ts';
import { isJsonObject, type JsonObject } from './validator/fault.ts';
import { validateRequest } from './validator/validate.ts';

const BEARER = /^(?:Bearer|OAuth)\s+(\S+)$/i;

/** The token in the Authorization header, as Meta reads it. */
export function bearerOf(request: IncomingMessage): string | undefined {
  return BEARER.exec(request.headers.authorization ?? '')?.[1];
}

/** A body and its JSON; undefined when the bytes are none. */
type ParsedBody = { readonly bytes: Buffer; readonly json: unknown };

/**
 * `POST /{version}/{pixel}/events`. The order is fixed, so that after every answer, sent or not,
 * it is certain whether the events were accepted: read, authorise, validate, journal, answer; behaviours
 * act before reading, before judging, and after accepting.
 */
export async function receiveEvents(
  sandbox: Sandbox,
  pixel: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const exchange = new Exchange(sandbox, pixel, request, response);
  const usage = sandbox.book.doing(pixel, 'show_usage').at(-1);
  if (usage !== undefined && sandbox.book.spend(usage)) exchange.usage = usage.action.usage;

  if (await act(exchange, 'before_reading')) return;
  const body = await read(exchange);
  if (body === null || (await act(exchange, 'before_judging'))) return;
  const messages = decide(exchange, url, body);
  if (messages === null || (await act(exchange, 'after_accepting'))) return;
  exchange.succeed(messages);
}

/** The body as JSON and as bytes; null when there is none and that was answered. */
async function read(exchange: Exchange): Promise<ParsedBody | null> {
  const { maxBodyBytes, acceptGzip } = exchange.sandbox.options;
  const body = await readBody(exchange.request, maxBodyBytes, acceptGzip);
  exchange.journal.state.bytes += body.wire;
  if (body.kind !== 'read') {
    failToRead(exchange, body.kind);
    return null;
  }
  const json = parseBody(body.bytes, exchange.request.headers['content-type'] ?? '');
  const data = isJsonObject(json) ? json['data'] : null;
  if (Array.isArray(data)) exchange.events = data.length;
  return { json, bytes: body.bytes };
}

/** Authorises and validates: the `messages` of success, or null when a refusal was answered. */
function decide(exchange: Exchange, url: URL, { json, bytes }: ParsedBody): string[] | null {
  const denial = authorise(exchange, url, json);
  if (denial === null && json !== undefined) {
    const isTooLarge = refuseTooLarge(exchange, bytes.length);
    return isTooLarge ? null : validateAndJournal(exchange, json, bytes);
  }
  exchange.fail(denial ?? errors.UNREADABLE_BODY);
  return null;
}

function failToRead(exchange: Exchange, kind: Exclude<RequestBody['kind'], 'read'>): void {
  if (kind === 'aborted') {
    exchange.journal.state.requests.aborted += 1;
  } else if (kind === 'too_large') {
    exchange.noteRefusal({ status: 413 });
    exchange.send(413, 'text/html', '<h1>413 Request Entity Too Large</h1>');
  } else {
    exchange.fail(kind === 'damaged' ? errors.UNREADABLE_BODY : errors.UNREADABLE_ENCODING);
  }
}

/** The token comes in the header, as query parameter or as field of the body. */
function authorise(exchange: Exchange, url: URL, body: unknown): errors.GraphError | null {
  const header = bearerOf(exchange.request);
  const field = isJsonObject(body) ? body['access_token'] : undefined;
  const token = header ?? url.searchParams.get('access_token') ?? field;
  if (typeof token !== 'string' || token === '') return errors.NO_TOKEN;
  const proof =
    (isJsonObject(body) ? body['appsecret_proof'] : undefined) ??
    url.searchParams.get('appsecret_proof');
  return exchange.sandbox.access.refuse(exchange.pixel, {
    token,
    proof: typeof proof === 'string' ? proof : undefined,
  });
}

/** True when a behaviour found the request too large and answered so. */
function refuseTooLarge(exchange: Exchange, bytes: number): boolean {
  for (const armed of exchange.sandbox.book.doing(exchange.pixel, 'limit')) {
    const { maxEvents, maxBytes, reply } = armed.action;
    const fits = (exchange.events ?? 0) <= maxEvents && bytes <= maxBytes;
    if (fits || !exchange.spend(armed)) continue;
    answer(exchange, reply);
    return true;
  }
  return false;
}

/**
 * Validates the events and journals them. The `messages` of the success answer, or null when the
 * request was refused and that was answered.
 */
function validateAndJournal(exchange: Exchange, body: unknown, bytes: Buffer): string[] | null {
  const { options, book } = exchange.sandbox;
  const shown = book.doing(exchange.pixel, 'show_index').at(-1)?.action.shown ?? options.indexShown;
  const now = options.now();
  const result = validateRequest(body, { ...options, now: Math.floor(now / 1000) });
  if (!result.accepted) {
    const { fault, index } = result;
    exchange.fail(refusalOf(fault, index, shown), index);
    return null;
  }
  const { events, messages } = result;
  if (refusedOnDemand(exchange, events, shown !== 'never')) return null;
  const isTest = typeof (body as JsonObject)['test_event_code'] === 'string';
  exchange.accept();
  exchange.journal.accept(events, bytes, isTest, messages.length, now);
  return messages;
}

function refusedOnDemand(
  exchange: Exchange,
  events: readonly JsonObject[],
  mayName: boolean,
): boolean {
  for (const armed of exchange.sandbox.book.doing(exchange.pixel, 'refuse_event')) {
    const { match, error, named } = armed.action;
    const index = events.findIndex((event, at) => matches(match, event, at));
    if (index === -1 || !exchange.spend(armed)) continue;
    const place = named && mayName ? `: $['data'][${index}]` : '';
    exchange.fail({ ...error, message: `${error.message}${place}` }, index);
    return true;
  }
  return false;
}

function matches(
  { eventId, eventName, index }: EventMatch,
  event: JsonObject,
  at: number,
): boolean {
  return (
    eventId?.has(event['event_id'] as string) !== false &&
    eventName?.has(event['event_name'] as string) !== false &&
    index?.has(at) !== false
  );
}
