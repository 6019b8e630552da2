import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { GraphAnswer, Outcome } from '#core/outcome/answer.ts';
import { classify } from '#core/outcome/classify.ts';
import { createGraphClient, type GraphClient } from '#graph/client.ts';
import { freePort } from '#local/ports.ts';

const PATIENCE_MS = 60_000;
/** For a server that never answers. */
const SILENCE_MS = 1500;
const BODY = Buffer.from('{"data":[{"event_name":"Lead"}]}');
let server: Server | null = null;
let client: GraphClient | null = null;

afterEach(() => {
  client?.close();
  server?.closeAllConnections();
  server?.close();
  server = null;
});

async function serve(listener: RequestListener): Promise<string> {
  const created = createServer(listener);
  server = created;
  await new Promise<void>((resolve) => created.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(created.address() as AddressInfo).port}`;
}

function post(
  url: string,
  options: { gzip?: boolean; signal?: AbortSignal; timeoutMs?: number } = {},
): Promise<GraphAnswer> {
  client = createGraphClient({
    url,
    version: 'v25.0',
    timeoutMs: options.timeoutMs ?? PATIENCE_MS,
    gzip: options.gzip ?? false,
  });
  return client.post('123', 'the-token', BODY, options.signal ?? new AbortController().signal);
}

describe('a request', () => {
  test.each([false, true])('goes to the pixel, the token in a header (gzip: %s)', async (gzip) => {
    let seen: Record<string, unknown> = {};
    const url = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url: path, headers } = request;
        const body = Buffer.concat(chunks);
        seen = { method, path, token: headers.authorization, body: gzip ? gunzipSync(body) : body };
        response.setHeader('x-business-use-case-usage', '{}').end('{"events_received":1}');
      });
    });
    const answer = await post(url, { gzip });
    expect(seen).toEqual({
      method: 'POST',
      path: '/v25.0/123/events',
      token: 'Bearer the-token',
      body: BODY,
    });
    expect(answer).toMatchObject({
      kind: 'answered',
      status: 200,
      body: '{"events_received":1}',
      headers: { 'x-business-use-case-usage': '{}' },
    });
  });

  test('uses its connection again', async () => {
    let connections = 0;
    const url = await serve((request, response) => {
      request.resume().on('end', () => response.end('{}'));
    });
    server?.on('connection', () => {
      connections += 1;
    });
    await post(url);
    for (let i = 0; i < 5; i += 1) {
      await client?.post('123', 'the-token', BODY, new AbortController().signal);
    }
    expect(connections).toBe(1);
  });
});

/** Classifies this answer to a request with this token. */
async function outcomeWith(
  token: string,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Outcome> {
  const url = await serve((request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end(JSON.stringify(body)));
  });
  client = createGraphClient({ url, version: 'v25.0', timeoutMs: PATIENCE_MS, gzip: false });
  const answer = await client.post('123', token, BODY, new AbortController().signal);
  return classify(answer, Date.now(), token);
}

/** Words that stand in Meta's answers, signs of JSON and of regular expressions: placeholders all. */
const PLACEHOLDERS = [
  ...['', '1', 'e', '0', 'events', 'events_received', 'error', 'code', 'data', 'fbc', 'true'],
  ...['"', ':', '{', '}', '.', '.*', '[', '(', '|', '$&', '\\', '^', 'is_transient'],
];

describe('a token is removed from what is kept of an answer, and from no answer before it is judged', () => {
  test.each(PLACEHOLDERS)('%j is told that events were taken', async (token) => {
    const said = { events_received: 1, messages: [], fbtrace_id: 'A1e' };
    expect(await outcomeWith(token, 200, said)).toEqual({
      kind: 'delivered',
      received: 1,
      warnings: 0,
    });
  });

  test.each(PLACEHOLDERS)('%j is told what was wrong, and where', async (token) => {
    const message = "(#100) Param $['data'][1]['user_data']['fbc'] is malformed";
    const error = { message, code: 100, error_subcode: 2_804_001, is_transient: false };
    expect(await outcomeWith(token, 400, { error })).toMatchObject({
      kind: 'rejected',
      field: 'fbc',
      refusal: { code: 100, subcode: 2_804_001, index: 1 },
    });
  });

  test.each(PLACEHOLDERS)('%j is told to wait', async (token) => {
    const error = { message: 'too many calls', code: 80_004, is_transient: true };
    const outcome = await outcomeWith(token, 400, { error }, { 'retry-after': '11' });
    expect(outcome).toMatchObject({ kind: 'throttled', waitMs: 11_000 });
  });

  test.each([
    'EAAGm0PX4ZCpsBAKsecret',
    'no.regex+here(really)[1]',
    'x'.repeat(255),
    '$&$`$1-and-$$',
  ])('in no word that is kept of the answer: %s', async (token) => {
    const outcome = await outcomeWith(token, 400, {
      error: {
        message: `Malformed access token ${token}${token}, access_token=${token}`,
        error_user_title: `Token (${token})`,
        error_user_msg: `${'a'.repeat(250)} `.repeat(20) + token.repeat(10),
        code: 190,
        fbtrace_id: `A${token}`,
      },
    });
    expect(outcome.kind).toBe('blocked');
    const kept = JSON.stringify(outcome);
    expect(kept).toContain('Malformed access token');
    expect(kept).not.toContain(token.slice(0, 12));
  });

  test.each([
    ['1', 'code 100 of 1 event (1)', 'code 100 of [removed] event ([removed])'],
    ['e', 'the event e', 'the event [removed]'],
    ['abc', 'token=abc; abcd', 'token=[removed]; abcd'],
  ])('a placeholder %s only as a word of its own', async (token, message, kept) => {
    const outcome = await outcomeWith(token, 400, { error: { message, code: 190 } });
    expect(outcome).toMatchObject({ kind: 'blocked', refusal: { message: kept } });
  });
});

describe('whatever a server does is an answer', () => {
  test.each<[string, RequestListener, Partial<GraphAnswer>, number?]>([
    [
      'an answer in gzip, which is unpacked',
      (_, response) => {
        const headers = { 'content-encoding': 'gzip' };
        response.writeHead(200, headers).end(gzipSync('{"events_received":1}'));
      },
      { kind: 'answered', status: 200, body: '{"events_received":1}' } as Partial<GraphAnswer>,
    ],
    [
      'an answer that only says that it is in gzip',
      (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end('{"events_received":1}');
      },
      { kind: 'unanswered', cause: 'network', sent: true },
    ],
    [
      'half an answer in gzip',
      (_, response) => {
        const half = gzipSync('{"events_received":1}').subarray(0, 20);
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(half);
      },
      { kind: 'unanswered', cause: 'network', sent: true },
    ],
    [
      'an error status',
      (_, response) => void response.writeHead(503).end('<html>'),
      { kind: 'answered', status: 503 } as Partial<GraphAnswer>,
    ],
    [
      'a redirect, which is not followed',
      (_, response) => void response.writeHead(302, { location: '/' }).end(),
      { kind: 'answered', status: 302 } as Partial<GraphAnswer>,
    ],
    ['silence', () => {}, { kind: 'unanswered', cause: 'timeout', sent: true }, SILENCE_MS],
    [
      'a reset',
      (request) => void request.socket.resetAndDestroy(),
      { kind: 'unanswered', cause: 'network', sent: true },
    ],
    [
      'an answer that is cut off',
      (_, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{');
        setTimeout(() => response.destroy(), 20);
      },
      { kind: 'unanswered', sent: true },
    ],
    [
      'an answer that is small until it is unpacked',
      (_, response) => {
        const bomb = gzipSync(Buffer.alloc(50_000_000));
        const headers = { 'content-encoding': 'gzip', 'content-length': bomb.length };
        response.writeHead(200, headers).end(bomb);
      },
      { kind: 'unanswered', code: 'ANSWER_TOO_LARGE' } as Partial<GraphAnswer>,
    ],
    [
      'an answer without end',
      (_, response) => void response.end(Buffer.alloc(3_000_000, 'x')),
      { kind: 'unanswered', code: 'ANSWER_TOO_LARGE' } as Partial<GraphAnswer>,
    ],
  ])('%s', async (_name, listener, expected, timeoutMs = PATIENCE_MS) => {
    const answer = await post(await serve(listener), { timeoutMs });
    expect(answer).toMatchObject(expected);
    expect(JSON.stringify(answer)).not.toContain('the-token');
  });

  test('a port that nothing listens on: then nothing was sent', async () => {
    const answer = await post(`http://127.0.0.1:${await freePort()}`);
    expect(answer).toMatchObject({
      kind: 'unanswered',
      cause: 'network',
      sent: false,
      code: 'ECONNREFUSED',
    });
  });

  test('bytes that are not HTTP', async () => {
    // A socket that is not read never notices its end, and keeps the process of the tests alive.
    const tcp = createTcpServer((socket) => socket.resume().end('hello\r\n\r\n'));
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const answer = await post(`http://127.0.0.1:${(tcp.address() as AddressInfo).port}`);
    tcp.close();
    expect(answer).toMatchObject({ kind: 'unanswered', cause: 'network', sent: true });
  });

  test('our own stop', async () => {
    const aborting = new AbortController();
    const url = await serve(() => setTimeout(() => aborting.abort(), 20));
    const answer = await post(url, { signal: aborting.signal });
    expect(answer).toMatchObject({ kind: 'unanswered', cause: 'stopped' });
  });
});
