import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { parseBehaviour, problemsOf, stringSet } from './behaviour/kinds.ts';
import type { IdCount } from './journal/id-counts.ts';
import type { PixelJournal } from './journal/pixel-journal.ts';
import { parseBody, readBody } from './request-body.ts';
import type { Sandbox } from './sandbox.ts';
import { isJsonObject } from './validator/fault.ts';

/** A control request: its query and its JSON body, undefined without one. */
interface Control {
  readonly sandbox: Sandbox;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly response: ServerResponse;
}

type Handler = (handleControl: Control) => void | Promise<void>;

const MOST_BYTES = 64 * 1024 * 1024;
const LINES_A_CHUNK = 1000;

/** The control API, under `/_sandbox`. */
const ROUTES: Readonly<Record<string, Handler>> = {
  'GET /state': ({ sandbox, response }) => json(response, 200, sandbox.journal.state()),
  'GET /journal': journal,
  'GET /last': last,
  'GET /refusals': (asked) => json(asked.response, 200, journalOf(asked)?.refusals ?? []),
  'GET /behaviour': ({ sandbox, response }) => json(response, 200, sandbox.book.view()),
  'POST /behaviour': addBehaviours,
  'DELETE /behaviour': removeBehaviours,
  'POST /tokens': giveTokens,
  'POST /reset': reset,
};

export async function control(
  sandbox: Sandbox,
  path: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const handler = ROUTES[`${request.method} ${path}`];
  const read = await readBody(request, MOST_BYTES, true);
  if (handler === undefined) {
    complain(response, 404, [`the routes are: ${Object.keys(ROUTES).join(', ')}`]);
  } else if (read.kind !== 'read') {
    complain(response, 400, [`the body is ${read.kind}`]);
  } else {
    const body = read.bytes.length === 0 ? undefined : parseBody(read.bytes, 'application/json');
    await handler({ sandbox, query: url.searchParams, body, response });
  }
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

function complain(response: ServerResponse, status: number, problems: readonly string[]): void {
  json(response, status, { error: problems.join('; ') });
}

function journalOf({ sandbox, query }: Control): PixelJournal | undefined {
  return sandbox.journal.pixels.get(query.get('pixel') ?? '');
}

/** Every pair of name and id with its count, one JSON object per line. */
async function journal(asked: Control): Promise<void> {
  const least = asked.query.has('duplicates') ? 2 : 1;
  asked.response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const pairs = Readable.from(lines(journalOf(asked)?.ids ?? [], least));
  await pipeline(pairs, asked.response).catch(() => undefined);
}

function* lines(ids: Iterable<IdCount>, least: number): Generator<string> {
  let chunk: string[] = [];
  for (const pair of ids) {
    if (pair.count < least) continue;
    const { eventName: event_name, eventId: event_id, count } = pair;
    chunk.push(JSON.stringify({ event_name, event_id, count }), '\n');
    if (chunk.length < 2 * LINES_A_CHUNK) continue;
    yield chunk.join('');
    chunk = [];
  }
  if (chunk.length > 0) yield chunk.join('');
}

function last(asked: Control): void {
  const { response } = asked;
  const body = journalOf(asked)?.lastBody ?? null;
  if (body === null) complain(response, 404, ['this pixel has accepted nothing yet']);
  else response.writeHead(200, { 'content-type': 'application/json' }).end(body);
}

/** One behaviour or an array of them; all or none are added. */
function addBehaviours({ sandbox, body, response }: Control): void {
  const parsed = (Array.isArray(body) ? body : [body]).map(parseBehaviour);
  const problems = parsed.flatMap((one) => ('problems' in one ? one.problems : []));
  if (problems.length > 0) {
    complain(response, 400, problems);
  } else {
    const ids = parsed.flatMap((one) => ('problems' in one ? [] : [sandbox.book.add(one)]));
    json(response, 200, { ids });
  }
}

/** By `id`, `pixel` or `kind` in the query; all of them without a query. */
function removeBehaviours({ sandbox, query, response }: Control): void {
  const given = ['id', 'pixel', 'kind'].filter((name) => query.has(name));
  const matching = Object.fromEntries(given.map((name) => [name, query.get(name)]));
  json(response, 200, { removed: sandbox.book.remove(matching) });
}

const TOKENS = z.strictObject({
  pixel: z.string('is required').min(1, 'is required'),
  tokens: stringSet,
  expired: stringSet,
  sendOnly: stringSet,
  managers: stringSet,
  appSecret: z.string().nullable().optional(),
});

/** `{"pixel", "tokens"?: […], "expired"?: […], …}`: each list replaces the previous one. */
function giveTokens({ sandbox, body, response }: Control): void {
  const parsed = TOKENS.safeParse(isJsonObject(body) ? body : {});
  if (!parsed.success) {
    complain(response, 400, problemsOf(parsed.error));
  } else {
    const { pixel, ...grant } = parsed.data;
    sandbox.access.give(pixel, grant);
    json(response, 200, { pixel });
  }
}

/** Clears the journal; with `?all`, the behaviours and the tokens too. */
function reset({ sandbox, query, response }: Control): void {
  sandbox.journal.reset(sandbox.options.now());
  if (query.has('all')) {
    sandbox.book.remove({});
    sandbox.access.reset();
  }
  json(response, 200, {});
}
