import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { devNull, tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import { startChild, waitUntilReady } from '#local/child.ts';
import { note, runs, type StartedProcess } from '#local/started-process.ts';
import { eventually } from '#test/support/deadline.ts';

const LOCAL = pathToFileURL(`${import.meta.dirname}/../../deploy/local/`);
const left: number[] = [];

afterEach(() => {
  for (const pid of left.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended, as it should.
    }
  }
});

/** Has a process of its own start a `sleep`, as `begin` says, and kills that process. */
async function orphan(
  outlives: boolean,
  begin = 'const child = start();',
): Promise<StartedProcess> {
  const script = `
    import { startChild } from '${new URL('child.ts', LOCAL)}';
    const options = { cwd: '${tmpdir()}', logFile: '${devNull}', outlives: ${outlives} };
    const end = (child) => (child.kill('SIGKILL'), child.exited);
    const start = () => startChild('sleep', ['60'], options);
    ${begin}
    console.log(child.pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script]);
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const child = await note(Number(line.toString()));
  left.push(child.pid);
  expect(await runs(child)).toBe(true);
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  return child;
}

test('a child ends when its parent is killed', async () => {
  const child = await orphan(false);
  await eventually(async () => expect(await runs(child)).toBe(false));
});

test.each([
  ['one before it', 'const one = start(); await end(one); const child = start();'],
  ['one beside it', 'const [one, child] = [start(), start()]; await end(one);'],
  ['one after it', 'const [child, one] = [start(), start()]; await end(one);'],
])('a child ends when its parent is killed, where %s has ended', async (_, begin) => {
  const child = await orphan(false, begin);
  await eventually(async () => expect(await runs(child)).toBe(false));
});

test('a child that may outlive its parent does', async () => {
  expect(await runs(await orphan(true))).toBe(true);
});

test('a program that is not there ends at once, and its error is said', async () => {
  const options = { cwd: tmpdir(), logFile: devNull };
  const child = startChild('no-such-program', [], options);
  expect(await child.exited).toBe('ENOENT');
  const ready = async () => false;
  const starting = waitUntilReady(child, 'It', { ready, withinMs: 1000, logFile: devNull });
  await expect(starting).rejects.toThrow('It ended while it started');
});
