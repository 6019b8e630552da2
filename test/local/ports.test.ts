import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accepts, freePort, preferPort } from '#local/ports.ts';

const server = createServer();
let taken = 0;

beforeAll(async () => {
  taken = await freePort();
  server.listen(taken, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

test('a free port accepts nothing, a taken one does', async () => {
  expect(await accepts(await freePort())).toBe(false);
  expect(await accepts(taken)).toBe(true);
});

test('a wanted port is given when it is free, else another one', async () => {
  const free = await freePort();
  expect(await preferPort(free)).toBe(free);
  expect(await preferPort(taken)).not.toBe(taken);
});
