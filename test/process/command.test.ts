import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bareEnvironment } from '#test/support/bare-environment.ts';
import { commandAlone } from '#test/support/command-alone.ts';
import { inRepository } from '#test/support/in-repository.ts';

const PROCESS = inRepository('packages/process');
const CONFIG = inRepository('packages/config');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-command-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Runs a little command whose action is `body`. */
async function run(
  body: string,
  args: readonly string[] = [],
  settings: Record<string, string> = {},
) {
  const file = join(folder, 'little.mjs');
  await writeFile(
    file,
    `import { configOption, createCommand, runCommand } from '${PROCESS}/command.ts';
import { ExpectedError, UsageError } from '${CONFIG}/errors.ts';
const command = createCommand('little', 'Does little.', 'capi-relay little').addOption(configOption());
await runCommand(command, async ({ config }) => { ${body} });
void [ExpectedError, UsageError];
`,
  );
  return commandAlone(process.execPath, [file, ...args], { env: bareEnvironment(settings) });
}

describe('the exit code is', () => {
  test.each<[string, string, string[], number, string]>([
    ['0 when it is done', 'return undefined;', [], 0, ''],
    ['that of the action', 'return 1;', [], 1, ''],
    ['0 for help', 'return 1;', ['--help'], 0, ''],
    ['2 for an unknown option', 'return 0;', ['--confg', 'x'], 2, 'Did you mean --config?'],
    ['2 for wrong usage', "throw new UsageError('not so');", [], 2, 'error: not so\n'],
    ['1 for what was to be expected', "throw new ExpectedError('down');", [], 1, 'error: down\n'],
  ])('%s', async (_, body, args, code, words) => {
    const result = await run(body, args);
    expect(result.code).toBe(code);
    expect(result.err).toContain(words);
    expect(result.err).not.toContain('    at ');
  });

  test('1 for the unexpected, which shows where it was and not what it was about', async () => {
    const { code, err } = await run(
      `throw new TypeError('cannot post anna@example.com to https://h/?token=secret', {
        cause: new Error('refused anna@example.com'),
      });`,
    );
    expect(code).toBe(1);
    expect(err).toMatch(/^unexpected error: TypeError: cannot post \[removed\] to https:\/\/h\/\n/);
    expect(err).toContain('little.mjs');
    expect(err).toContain('caused by Error: refused [removed]\n');
    expect(err).not.toMatch(/secret|anna/);
  });
});

test('help names the option, its variable and an example', async () => {
  const { out } = await run('return 0;', ['--help']);
  expect(out).toContain('Usage: capi-relay little [options]');
  expect(out).toContain('(env: CAPI_RELAY_CONFIG)');
  expect(out).toContain('Example:\n  capi-relay little');
});

test('the configuration is named by the option before the variable', async () => {
  const body = 'process.stdout.write(String(config)); return 0;';
  const env = { CAPI_RELAY_CONFIG: 'from-env' };
  expect((await run(body, [], env)).out).toBe('from-env');
  expect((await run(body, ['-c', 'given'], env)).out).toBe('given');
});
