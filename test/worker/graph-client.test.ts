import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Answer } from '#core/outcome/answer.ts';
import { freePort } from '#local/ports.ts';
import { createGraphClient, type GraphClient } from '../../services/worker/graph-client.ts';

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
  options: { gzip?: boolean; signal?: AbortSignal } = {},
): Promise<Answer> {
  client = createGraphClient({
    url,
    version: 'v25.0',
    timeoutMs: 300,
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

  test('hears its own token no more, whatever Meta says', async () => {
    const url = await serve((_request, response) =>
      response.end('{"error":{"message":"Malformed access token the-token"}}'),
    );
    expect(JSON.stringify(await post(url))).not.toContain('the-token');
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

describe('whatever a server does is an answer', () => {
  test.each<[string, RequestListener, Partial<Answer>]>([
    [
      'an error status',
      (_, response) => void response.writeHead(503).end('<html>'),
      { kind: 'answered', status: 503 } as Partial<Answer>,
    ],
    [
      'a redirect, which is not followed',
      (_, response) => void response.writeHead(302, { location: '/' }).end(),
      { kind: 'answered', status: 302 } as Partial<Answer>,
    ],
    ['silence', () => {}, { kind: 'unanswered', cause: 'timeout', sent: true }],
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
      'an answer without end',
      (_, response) => void response.end(Buffer.alloc(3_000_000, 'x')),
      { kind: 'unanswered', code: 'ANSWER_TOO_LARGE' } as Partial<Answer>,
    ],
  ])('%s', async (_name, listener, expected) => {
    const answer = await post(await serve(listener));
    expect(answer).toMatchObject(expected);
    expect(JSON.stringify(answer)).not.toContain('the-token');
  });

  test('nobody there: then nothing was sent', async () => {
    const answer = await post(`http://127.0.0.1:${await freePort()}`);
    expect(answer).toMatchObject({
      kind: 'unanswered',
      cause: 'network',
      sent: false,
      code: 'ECONNREFUSED',
    });
  });

  test('bytes that are not HTTP', async () => {
    const tcp = createTcpServer((socket) => socket.end('hello\r\n\r\n'));
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
