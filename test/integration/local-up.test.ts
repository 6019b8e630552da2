import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createKafka } from '#kafka/client.ts';
import { ensureTopics, listTopics } from '#kafka/topics.ts';
import { runs } from '#local/started-process.ts';
import type { LocalState } from '#local/state.ts';
import { inRepository } from '#test/support/in-repository.ts';

const LOCAL = inRepository('deploy/local');
const run = promisify(execFile);

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-up-'));
});

afterAll(async () => {
  await word('down');
  await rm(folder, { recursive: true, force: true });
});

/** What `make up` and `make down` run, in a folder of our own. */
async function word(name: 'up' | 'down'): Promise<string> {
  const { KAFKA_BROKERS, REDIS_URL, ...env } = process.env;
  const args = [join(LOCAL, `${name}.ts`), '--native', '--bare', '--folder', folder];
  return (await run(process.execPath, args, { env })).stdout;
}

async function state(): Promise<LocalState> {
  return JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')) as LocalState;
}

function client({ brokers }: LocalState) {
  return createKafka({ brokers, clientId: 'up', ssl: false, sasl: null });
}

test('up starts servers that stay, down ends them, and the next up finds their data', async () => {
  await word('up');
  const first = await state();
  expect(await Promise.all(first.processes.map(runs))).toEqual([true, true]);
  await ensureTopics(client(first), ['kept'], 1);

  expect(await word('up')).toContain('up already');
  expect(await state()).toEqual(first);

  const [kafka] = first.processes;
  process.kill(kafka?.pid ?? 0, 'SIGKILL');
  await word('up');
  const second = await state();
  expect(await Promise.all(second.processes.map(runs))).toEqual([true, true]);
  expect(await listTopics(client(second))).toContain('kept');

  await word('down');
  expect(await Promise.all(second.processes.map(runs))).toEqual([false, false]);
  expect(await word('down')).toContain('Nothing is up');
});
