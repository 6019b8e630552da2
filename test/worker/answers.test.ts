import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from '@jest/globals';
import { classify } from '#core/outcome/classify.ts';
import { createGraphClient } from '#graph/client.ts';

const SUCCESS = '{"events_received":1,"messages":[]}';
const open: { close(): void }[] = [];

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

/** What hangs, rather than what is slow, in ms. */
const PATIENCE_MS = 120_000;
/** For an answer that never ends. */
const SILENCE_MS = 1500;

function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

/** What becomes of a request that is answered like this. */
async function outcomeOf(listener: RequestListener, timeoutMs?: number): Promise<string> {
  const server = createServer(listener);
  open.push({ close: () => server.close() }, { close: () => server.closeAllConnections() });
  return ask(await listening(server), timeoutMs);
}

async function ask(url: string, timeoutMs = PATIENCE_MS): Promise<string> {
  const client = createGraphClient({ url, version: 'v25.0', timeoutMs, gzip: false });
  open.push(client);
  const body = Buffer.from('{"data":[{}]}');
  const answer = await client.post('1', 'the-token', body, new AbortController().signal);
  const outcome = classify(answer, Date.now(), 'the-token');
  const known = outcome.kind === 'retry' ? (outcome.unknown ? ' unknown' : ' known') : '';
  return `${outcome.kind}${known}`;
}

const says =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
  (request, response) => {
    request.resume().on('end', () => response.writeHead(status, headers).end(body));
  };

test.each<[string, RequestListener, string, number?]>([
  ['a success', says(200, SUCCESS), 'delivered'],
  ['a success in gzip', says(200, gzipSync(SUCCESS), { 'content-encoding': 'gzip' }), 'delivered'],
  [
    'what says it is gzip and is not',
    says(200, SUCCESS, { 'content-encoding': 'gzip' }),
    'retry unknown',
  ],
  ['a success of the wrong type', says(200, SUCCESS, { 'content-type': 'text/html' }), 'delivered'],
  ['HTML', says(200, '<html>Sign in</html>'), 'retry unknown'],
  ['nothing', says(200, ''), 'retry unknown'],
  ['no content', says(204, ''), 'retry unknown'],
  ['JSON that is cut off', says(200, SUCCESS.slice(0, -5)), 'retry unknown'],
  ['a list', says(200, '[1,2]'), 'retry unknown'],
  ['null', says(200, 'null'), 'retry unknown'],
  ['a success that counts in words', says(200, '{"events_received":"1"}'), 'retry unknown'],
  ['an error that is a text', says(400, '{"error":"no"}'), 'rejected'],
  ['an error with a code in words', says(400, '{"error":{"code":"190"}}'), 'rejected'],
  ['an error under success', says(200, '{"error":{"code":190}}'), 'blocked'],
  ['longer than it says', says(200, SUCCESS, { 'content-length': '10' }), 'retry unknown'],
  [
    'shorter than it says',
    (request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-length': '1000' }).write(SUCCESS);
        setTimeout(() => response.destroy(), 20);
      });
    },
    'retry unknown',
  ],
  ['oversized', says(200, Buffer.alloc(3_000_000, ' ')), 'retry unknown'],
  [
    'oversized once it is unpacked',
    says(200, gzipSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'gzip' }),
    'retry unknown',
  ],
  ['a redirect', says(302, '', { location: 'http://127.0.0.1:1/' }), 'retry unknown'],
  ['a redirect that keeps the method', says(307, '', { location: '/elsewhere' }), 'retry unknown'],
  [
    'early hints before a success',
    (request, response) => {
      request.resume().on('end', () => {
        response.writeEarlyHints({ link: '</x>; rel=preload' });
        response.writeProcessing();
        response.end(SUCCESS);
      });
    },
    'delivered',
  ],
  [
    'drop by drop',
    (request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200);
        const drip = setInterval(() => response.write(' '), 50);
        response.on('close', () => clearInterval(drip));
      });
    },
    'retry unknown',
    SILENCE_MS,
  ],
  ['headers without end', says(200, SUCCESS, { 'x-long': 'x'.repeat(100_000) }), 'retry unknown'],
])('%s', async (_name, listener, outcome, timeoutMs = PATIENCE_MS) => {
  expect(await outcomeOf(listener, timeoutMs)).toBe(outcome);
});

test.each([
  ['no status line', 'hello\r\n\r\n'],
  ['a status that is none', 'HTTP/1.1 abc OK\r\n\r\n'],
  ['nothing but a continue', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
  ['a chunk that is none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
])('bytes that are not HTTP: %s', async (_name, bytes) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(bytes));
  });
  open.push(server);
  expect(await ask(await listening(server))).toBe('retry unknown');
});
