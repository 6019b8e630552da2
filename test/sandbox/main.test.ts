import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, test } from '@jest/globals';
import { sandboxCommand } from '#sandbox/flags.ts';
import { optionsOf } from '#sandbox/options.ts';
import { inRepository } from '#test/support/in-repository.ts';

function parse(...flags: string[]) {
  return optionsOf(sandboxCommand().parse(flags, { from: 'user' }).opts());
}

describe('flags', () => {
  test('are complete without any', () => {
    expect(parse()).toMatchObject({ port: 9200, pixels: null, acceptGzip: true, behaviours: [] });
  });

  test('name pixels, tokens and behaviours', () => {
    const options = parse(
      ...['--pixels', '1:a,2:b,1:c', '--no-gzip', '--name-index', 'never'],
      ...['--behaviour', '1=hang', '--behaviour', '*=delay,ms:5'],
    );
    expect(options).toMatchObject({
      acceptGzip: false,
      indexShown: 'never',
      behaviours: [
        { pixel: '1', kind: 'hang' },
        { pixel: '*', kind: 'delay' },
      ],
    });
    expect(options.pixels).toEqual(
      new Map([
        ['1', new Set(['a', 'c'])],
        ['2', new Set(['b'])],
      ]),
    );
  });

  test.each([
    ['--port', 'x', '--port takes a whole number from 0, not “x”'],
    ['--pixels', '123', '--pixels takes id:token'],
    ['--behaviour', '1=explode', '--behaviour "1=explode": kind must be one of'],
  ])('%s %s is refused', (flag, value, message) => {
    expect(() => parse(flag, value)).toThrow(message);
  });
});

test('the process says where it listens, answers, and stops on SIGTERM', async () => {
  const main = inRepository('services/sandbox/main.ts');
  const child = spawn(process.execPath, [main, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { msg, port } = JSON.parse(line) as { msg: string; port: number };
  expect(msg).toBe('listening');
  const answer = await fetch(`http://127.0.0.1:${port}/_sandbox/state`);
  expect(await answer.json()).toMatchObject({ pixels: {} });
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});
