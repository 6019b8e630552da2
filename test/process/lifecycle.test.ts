import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { StartPhase } from '#process/lifecycle.ts';
import { createLogger } from '#process/logger.ts';
import { eventually } from '#test/support/deadline.ts';
import { inRepository } from '#test/support/in-repository.ts';

const PROCESS = inRepository('packages/process');
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-lifecycle-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Runs a little process that stops as `stop` says, and sends it signals once it runs. */
async function run(stop: string, signals: readonly NodeJS.Signals[], deadlineMs: number) {
  const file = join(folder, 'little.mjs');
  await writeFile(
    file,
    `import { runUntilSignal } from '${PROCESS}/lifecycle.ts';
import { createLogger } from '${PROCESS}/logger.ts';
const logger = createLogger('little');
setInterval(() => {}, 1000);
runUntilSignal({ logger, deadlineMs: ${deadlineMs}, stop: async () => { ${stop} } });
logger.info({ accessToken: 'secret-token', user_data: { em: 'secret-mail' } }, 'running');
if (process.argv[2] === 'throw') setTimeout(() => { throw new TypeError('redis://u:secret-pass@h?x=secret-query'); });
`,
  );
  const child = spawn(process.execPath, [file, ...(signals.length === 0 ? ['throw'] : [])]);
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  const exited = once(child, 'exit');
  const said = (words: string) => eventually(() => expect(out).toContain(words));
  await said('running');
  for (const signal of signals) {
    child.kill(signal);
    await said('"stopping"');
  }
  const [code] = await exited;
  return { code, out };
}

describe('a process', () => {
  const hang = 'await new Promise(() => {});';

  test.each<[string, string, NodeJS.Signals[], number, number?]>([
    ['that stops in time exits 0', 'await null;', ['SIGTERM'], 0],
    ['that cannot stop in time exits 1', hang, ['SIGTERM'], 1, 300],
    ['that fails to stop exits 1', 'throw new Error("no");', ['SIGINT'], 1],
    ['that is told twice exits at once', hang, ['SIGTERM', 'SIGTERM'], 143],
    ['with an uncaught error exits 1', 'await null;', [], 1],
  ])('%s', async (_name, stop, signals, code, deadlineMs = 3_600_000) => {
    const result = await run(stop, signals, deadlineMs);
    expect(result.code).toBe(code);
    expect(result.out).not.toContain('secret');
    for (const line of result.out.trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ service: 'little', level: expect.any(String) });
    }
  });
});

describe('a start that waits', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  test('says for what, once a minute, and /readyz says it all the time', async () => {
    jest.useFakeTimers();
    const lines: Record<string, unknown>[] = [];
    const write = (line: string) => void lines.push(JSON.parse(line));
    const phase = new StartPhase(createLogger('test', 'info', { write }));
    const answers = Promise.withResolvers<void>();
    const started = phase.until(
      'Kafka',
      () => answers.promise,
      () => true,
    );
    jest.advanceTimersByTime(59_000);
    expect(lines).toMatchObject([{ level: 'warn', waitingFor: 'Kafka' }]);
    expect(phase.check()).toMatchObject({ ok: false, detail: 'waiting for Kafka' });
    jest.advanceTimersByTime(120_000);
    expect(lines.map(({ msg }) => msg)).toEqual(Array(3).fill('waiting to start'));
    expect(Number(lines[2]?.['seconds'])).toBeGreaterThan(100);
    answers.resolve();
    await started;
    expect(lines.at(-1)).toMatchObject({ level: 'info', waitedFor: 'Kafka' });
    expect(phase.check()).toMatchObject({ ok: false, detail: 'starting' });
  });
});
