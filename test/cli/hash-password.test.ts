import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { matchesHash, parsePasswordHash } from '#config/password-hash.ts';
import { bareEnvironment } from '#test/support/bare-environment.ts';
import { inRepository } from '#test/support/in-repository.ts';

const MAIN = inRepository('services/cli/hash-password/main.ts');

async function hash(input: string): Promise<{ code: unknown; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN], { env: bareEnvironment() });
  const exited = once(child, 'exit');
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, out, err };
}

test.each(['a-long-password\n', 'a-long-password', 'a-long-password\nand more\n'])(
  '%j becomes the hash of its first line',
  async (input) => {
    const { code, out, err } = await hash(input);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const parsed = parsePasswordHash(out.trimEnd());
    if (parsed === null) throw new Error(`${out} is no hash`);
    expect(await matchesHash('a-long-password', parsed)).toBe(true);
  },
);

test.each(['', '\n', 'short\n'])('%j is refused, and not repeated', async (input) => {
  const { code, out, err } = await hash(input);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain('fewer than 12 characters');
  expect(err).not.toContain('short');
});
