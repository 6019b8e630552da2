import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { end, note, runs } from '#local/started-process.ts';

test('a process is ended by its note, and a stranger with the same id is left alone', async () => {
  const child = spawn('sleep', ['60']);
  const exited = once(child, 'exit');
  const started = await note(child.pid ?? 0);
  const stranger = { ...started, start: 'another time' };
  expect([await runs(started), await runs(stranger)]).toEqual([true, false]);
  await end(stranger, 0);
  expect(child.exitCode ?? child.signalCode).toBeNull();
  await end(started, 10_000);
  expect(await exited).toEqual([null, 'SIGTERM']);
  expect(await runs(started)).toBe(false);
});

test('a process that does not end in order is ended by force', async () => {
  const child = spawn('/bin/sh', ['-c', "trap '' TERM; echo ready; while :; do sleep 1; done"]);
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  await end(await note(child.pid ?? 0), 0);
  expect(await exited).toEqual([null, 'SIGKILL']);
});

test('there is no note of a process that does not exist', async () => {
  const child = spawn('true');
  await once(child, 'exit');
  expect((await note(child.pid ?? 0)).start).toBeNull();
});
