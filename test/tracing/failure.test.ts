import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '#test/support/deadline.ts';
import { startTracing } from '#tracing/start.ts';

const SECRET = 'Secret-5f3a';
const KEYS = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_BSP_SCHEDULE_DELAY',
];

const server = createServer((request, response) => {
  request.resume();
  response.writeHead(401).end(`not allowed: ${request.headers.authorization}`);
});

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const values = [`http://127.0.0.1:${port}`, `authorization=Bearer ${SECRET}`, '10'];
  for (const [index, key] of KEYS.entries()) process.env[key] = values[index];
});

afterEach(() => {
  for (const key of KEYS) delete process.env[key];
  server.close();
});

test('spans that are not taken are a failure that says why, without what was sent or answered', async () => {
  const failures: unknown[] = [];
  const configuration = {
    tracing: { enabled: null },
    graphApi: { url: 'http://localhost', version: 'v25.0', canary: null, timeoutMs: 1 },
  };
  const log = { failed: (...failure: unknown[]) => void failures.push(...failure) };
  const tracing = await startTracing('worker', configuration, log);
  const trace = `${'a'.repeat(32)}-${'b'.repeat(16)}`;
  const batch = tracing.batch({ pixelId: '1', trigger: 'count', records: [{ trace }] });
  batch?.request(1).end(null, 'timeout');
  batch?.end({ delivered: 0, dead: 0, later: 1 });
  await eventually(() => expect(failures).toContain('spans are lost'));
  await tracing.stop();
  expect(failures[1]).toMatchObject({ message: 'Unauthorized' });
  expect(failures.map(String).join()).not.toContain(SECRET);
});
