import { expect, test } from '@jest/globals';
import { cpuIn, cpuOf, peakMbIn, peakMbOf } from './process-use.ts';

const AFTER_NAME = 'S 1 1 1 0 -1 4194304 101 0 0 0 250 50 7 9 20 0 11 0 5232272';

test.each(['node', 'a b', 'a) S 1 (b', ''])('CPU of a process that is named "%s"', (name) => {
  expect(cpuIn(`4711 (${name}) ${AFTER_NAME}`)).toBe(3_000_000);
});

test('a file of another form is refused', () => {
  expect(() => cpuIn('cpu 1 2 3')).toThrow('no CPU time in: cpu 1 2 3');
  expect(() => peakMbIn('Name: node')).toThrow('no VmHWM');
});

test('the peak of memory', () => {
  expect(peakMbIn('Name:\tnode\nVmHWM:\t  250000 kB\nVmRSS:\t  1 kB\n')).toBe(256);
});

test('this process has used some, and its main thread no more than all of it, to two steps of the clock', async () => {
  const { process: all, main } = await cpuOf(process.pid);
  expect(main).toBeGreaterThan(0);
  expect(all + 20_000).toBeGreaterThanOrEqual(main);
  expect(await peakMbOf(process.pid)).toBeGreaterThan(1);
});

test('a process that does not run is named', async () => {
  await expect(cpuOf(2 ** 30)).rejects.toThrow(
    '/proc/1073741824/task/1073741824/stat cannot be read (ENOENT)',
  );
});
