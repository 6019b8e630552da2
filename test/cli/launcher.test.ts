import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bareEnvironment } from '#test/support/bare-environment.ts';
import { commandAlone } from '#test/support/command-alone.ts';
import { eventually } from '#test/support/deadline.ts';
import { inRepository } from '#test/support/in-repository.ts';

const LAUNCHER = inRepository('services/cli/capi-relay.mjs');
const SERVICES = inRepository('services');

/** The machine's own Node, where it is older than the pinned one: then the launcher hands over. */
const OLDER = ['/usr/bin/node', '/usr/local/bin/node'].find(existsSync) ?? process.execPath;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capi-relay-launcher-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function run(args: readonly string[], node = process.execPath, launcher = LAUNCHER) {
  return commandAlone(node, [launcher, ...args], { env: bareEnvironment() });
}

const table: Record<string, Record<string, { entry: string }>> = JSON.parse(
  readFileSync(inRepository('services/cli/commands.json'), 'utf8'),
);
const entries = Object.values(table).flatMap((commands) =>
  Object.values(commands).map(({ entry }) => entry),
);

test('a command under its old name runs, and says its new one', async () => {
  const { code, out, err } = await run(['console', '--help']);
  expect({ code, first: out.split('\n')[0] }).toEqual({
    code: 0,
    first: 'Usage: capi-relay control [options]',
  });
  expect(err).toBe('capi-relay console is now called: capi-relay control\n');
});

test('every subcommand has its entry file', () => {
  expect(entries.length).toBeGreaterThan(10);
  expect(new Set(entries).size).toBe(entries.length);
  expect(entries.filter((entry) => !existsSync(join(SERVICES, entry)))).toEqual([]);
});

describe('help', () => {
  test.each([[['--help']], [['-h']], [['help']], [[]]])('%j', async (args) => {
    const { code, out } = await run(args);
    expect(code).toBe(0);
    for (const words of ['ingest ', 'dead-letters ', 'Examples:', 'Exit codes:']) {
      expect(out).toContain(words);
    }
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test.each([[['replay', 'resume', '--help']], [['help', 'replay', 'resume']]])(
    '%j',
    async (args) => {
      const { code, out } = await run(args);
      expect({ code, first: out.split('\n')[0] }).toEqual({
        code: 0,
        first: 'Usage: capi-relay replay resume [options] <id>',
      });
    },
  );

  test.each([[['ingest', '--help']], [['help', 'ingest']]])('%j', async (args) => {
    const { code, out } = await run(args);
    expect({ code, first: out.split('\n')[0] }).toEqual({
      code: 0,
      first: 'Usage: capi-relay ingest [options]',
    });
  });
});

test('the help lists the subcommands that each command has', async () => {
  const { out } = await run(['--help']);
  const lines = [...out.matchAll(/^ {2}([a-z-]+) {2,}(.*)$/gm)];
  expect(lines).toHaveLength(entries.length);
  for (const [, name = '', summary = ''] of lines) {
    const listed = /: ([a-z-]+(?:, [a-z-]+)+)$/.exec(summary)?.[1]?.split(', ') ?? [];
    const { out: own } = await run([name, '--help']);
    const [, section = ''] = /^Commands:\n((?: .*\n)+)/m.exec(own) ?? [];
    const actual = [...section.matchAll(/^ {2}([a-z-]+) /gm)].map(([, word]) => word);
    expect({ name, listed }).toEqual({ name, listed: actual.filter((word) => word !== 'help') });
  }
});

test('--version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
  expect((await run(['--version'])).out).toBe(`${version}\n`);
});

test('a checkout that was packed as it is says how to build the package', async () => {
  const copy = join(folder, 'node_modules/capi-relay');
  await mkdir(join(copy, 'services/cli'), { recursive: true });
  await copyFile(inRepository('package.json'), join(copy, 'package.json'));
  await copyFile(LAUNCHER, join(copy, 'services/cli/capi-relay.mjs'));
  await copyFile(
    inRepository('services/cli/commands.json'),
    join(copy, 'services/cli/commands.json'),
  );
  await symlink(inRepository('node_modules'), join(copy, 'node_modules'));
  const { code, err } = await run(
    ['ingest', '--help'],
    process.execPath,
    join(copy, 'services/cli/capi-relay.mjs'),
  );
  expect({ code, err }).toEqual({
    code: 1,
    err: `error: ${copy} is not the package: build it with make package in a checkout\n`,
  });
});

test.each([
  [['replay', 'stauts'], '“stauts” is no action of capi-relay replay: did you mean status?'],
  [['replay', 'x'], 'the actions are list, status, pause, resume, cancel'],
  [['dead-letters', 'lst'], "unknown command 'lst'\n(Did you mean list?)"],
])('an unknown action: %j', async (args, words) => {
  const { code, err } = await run(args);
  expect(code).toBe(2);
  expect(err).toContain(words);
});

describe('an unknown command', () => {
  test.each([
    ['ingets', '(Did you mean ingest?)\n'],
    ['wroker', '(Did you mean worker?)\n'],
    ['deadletters', '(Did you mean dead-letters?)\n'],
    ['xyz', ''],
    ['__proto__', ''],
  ])('%s', async (name, suggestion) => {
    const { code, err } = await run([name]);
    expect({ code, err }).toEqual({
      code: 2,
      err: `error: unknown command '${name}'\n${suggestion}(capi-relay --help lists the commands)\n`,
    });
  });
});

describe.each([
  ['the pinned Node', process.execPath],
  ["the machine's Node", OLDER],
])('on %s', (_, node) => {
  test('arguments arrive, and the exit code comes back', async () => {
    const { code, err } = await run(['check', '--config', '/nowhere/c.yaml'], node);
    expect(code).toBe(2);
    expect(err).toContain('does not exist');
  });

  test('it works through a link, as npm makes one', async () => {
    const link = join(folder, `link-${node.replaceAll('/', '-')}`);
    await symlink(LAUNCHER, link);
    const { code, out } = await run(['produce', '--dry-run', '--count', '2'], node, link);
    expect(code).toBe(0);
    expect(out.trim().split('\n').length).toBe(2);
  });

  /** Starts the sandbox through the launcher; resolves when it listens. */
  async function sandbox() {
    const child = spawn(node, [LAUNCHER, 'sandbox', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'] },
    });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { port, pid } = JSON.parse(line) as { port: number; pid: number };
    return { child, port, pid };
  }

  test.each(['SIGTERM', 'SIGINT'] as const)('%s stops in order', async (signal) => {
    const { child } = await sandbox();
    const exited = once(child, 'exit');
    child.kill(signal);
    expect(await exited).toEqual([0, null]);
  });

  test('SIGKILL leaves nothing behind', async () => {
    const { child, pid } = await sandbox();
    child.kill('SIGKILL');
    await eventually(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
  });
});
