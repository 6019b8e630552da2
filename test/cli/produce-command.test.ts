import { describe, expect, test } from '@jest/globals';
import { BAD_KINDS } from '#cli/produce/bad-kinds.ts';
import { bareEnvironment } from '#test/support/bare-environment.ts';
import { commandHere } from '#test/support/command-here.ts';

async function run(args: readonly string[], input = '') {
  const env = bareEnvironment();
  const { code, out: stdout, err: stderr } = await commandHere('produce', args, { env, input });
  return { code, stdout, stderr };
}

const REPEATABLE = ['--dry-run', '--seed', '7', '--start', '2026-11-20T10:00:00Z'];

describe('a dry run', () => {
  test('prints one message a line, and the summary beside them', async () => {
    const { code, stdout, stderr } = await run([...REPEATABLE, '--count', '50', '--bad', '0']);
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ type }) => type)).toEqual(Array.from({ length: 50 }, () => 'track'));
    expect(stderr).toContain('50 messages printed');
    expect(stderr).toContain('seed   7 at 2026-11-20T10:00:00.000Z');
  });

  test('the same seed and start print the same bytes', async () => {
    const [first, second] = await Promise.all([run(REPEATABLE), run(REPEATABLE)]);
    expect(second.stdout).toBe(first.stdout);
  });

  test('the summary as JSON counts each kind', async () => {
    const { stderr } = await run([...REPEATABLE, '--count', '500', '--bad', '1', '--json']);
    // Before the summary there are lines of progress, where the machine is slow.
    const { messages, generated } = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '');
    const counts = Object.values<number>(generated.kinds);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(messages);
    for (const kind of Object.keys(generated.kinds)) expect(BAD_KINDS).toHaveProperty(kind);
  });

  test('standard input comes out as it went in, without its blank lines', async () => {
    const { code, stdout } = await run(['--dry-run', '--file', '-'], '{"a":1}\n\nno JSON\n{"b":2}');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{"a":1}\nno JSON\n{"b":2}\n' });
  });
});

describe('exit codes', () => {
  test('help is no failure, and has an example', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Example:\n  capi-relay produce');
  });

  test.each([
    ['a flag that does not exist', ['--nonsense'], '--nonsense'],
    ['a flag that is wrong', ['--rate', 'fast'], '--rate takes a number'],
    ['a file that is not there', ['--file', '/nowhere/events.jsonl'], 'the file does not exist'],
    ['a configuration that is not there', ['--config', '/nowhere/c.yaml'], 'does not exist'],
  ])('2 for %s', async (_, args, words) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('    at ');
  });
});
