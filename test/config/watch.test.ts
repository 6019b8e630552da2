import { execFileSync } from 'node:child_process';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Configuration } from '#config/configuration.ts';
import { loadConfiguration } from '#config/load.ts';
import { watchConfiguration } from '#config/watch.ts';
import { changesForRestart } from '#process/follow-configuration.ts';
import { eventually } from '#test/support/deadline.ts';
import { ConfigurationFolder, MINIMAL, ref, withPixel } from './configuration-folder.ts';

let folder: ConfigurationFolder;
const tokens: string[] = [];
const refusals: string[] = [];
let end = (): void => {};

beforeEach(async () => {
  folder = await ConfigurationFolder.make();
  tokens.length = 0;
  refusals.length = 0;
});
afterEach(async () => {
  end();
  await folder.remove();
});

/** Another file takes the place of the old one, as editors and tools do. */
async function replace(name: string, content: unknown): Promise<string> {
  const file = join(folder.path, name);
  await rename(await folder.write(`${name}.new`, content), file);
  return file;
}

async function watch(
  path: string,
  current?: Configuration,
  more: { readMs?: number } = {},
): Promise<void> {
  end = watchConfiguration({
    ...more,
    path,
    env: {},
    current: current ?? (await loadConfiguration(path, {})),
    onChange: ({ pixels }) => void tokens.push(pixels[0]?.accessToken ?? ''),
    onRefused: (error) => void refusals.push(error.message),
    pollMs: 20,
  });
}

const withToken = (accessToken: string) => withPixel({ accessToken });
const becomes = (token: string) => eventually(() => expect(tokens.at(-1)).toBe(token));

describe('a change', () => {
  test('of the file is taken up; a wrong one is refused once, and what ran goes on', async () => {
    const file = await replace('c.json', withToken('first'));
    await watch(file);
    await replace('c.json', withToken('second'));
    await becomes('second');
    await replace('c.json', withToken(ref('NOT_SET')));
    await eventually(() => expect(refusals).toHaveLength(1));
    await replace('c.json', withToken('third'));
    await becomes('third');
    expect(tokens).toEqual(['second', 'third']);
    expect(refusals).toEqual([expect.stringContaining('NOT_SET is not set')]);
  });

  test('of a secret’s file is taken up', async () => {
    await replace('token', 'first');
    const file = await replace(
      'c.json',
      withPixel({ accessToken: undefined, accessTokenFile: 'token' }),
    );
    await watch(file);
    await replace('token', 'second');
    await becomes('second');
  });

  test('that names a secret which comes later is taken up when it comes', async () => {
    const file = await replace('c.json', withToken('first'));
    await watch(file);
    await replace('c.json', withPixel({ accessToken: undefined, accessTokenFile: 'late' }));
    await eventually(() => expect(refusals).toHaveLength(1));
    await replace('late', 'second');
    await becomes('second');
    expect(refusals).toHaveLength(1);
  });

  test('through links, as mounted secrets are replaced, is taken up', async () => {
    for (const [version, token] of [
      ['one', 'first'],
      ['two', 'second'],
    ] as const) {
      await mkdir(join(folder.path, version));
      await folder.write(`${version}/token`, token);
    }
    await symlink('one', join(folder.path, 'data'));
    await symlink('data/token', join(folder.path, 'token'));
    const file = await replace(
      'c.json',
      withPixel({ accessToken: undefined, accessTokenFile: 'token' }),
    );
    await watch(file);
    await symlink('two', join(folder.path, 'data.new'));
    await rename(join(folder.path, 'data.new'), join(folder.path, 'data'));
    await becomes('second');
  });

  test('before the first look is not missed', async () => {
    const file = await replace('c.json', withToken('first'));
    const current = await loadConfiguration(file, {});
    await replace('c.json', withToken('second'));
    await watch(file, current);
    await becomes('second');
  });

  test('that changes nothing is no change; SIGHUP asks for one all the same', async () => {
    const file = await replace('c.json', withToken('first'));
    await watch(file);
    await replace('c.json', JSON.stringify(withToken('first'), null, 2));
    await replace('c.json', withToken('second'));
    await becomes('second');
    expect(tokens).toEqual(['second']);
    process.emit('SIGHUP');
    await eventually(() => expect(tokens).toEqual(['second', 'second']));
  });

  test('is handed over although what follows from the one before never ends or throws', async () => {
    const file = await replace('c.json', withToken('first'));
    end = watchConfiguration({
      path: file,
      env: {},
      current: await loadConfiguration(file, {}),
      onChange({ pixels }) {
        tokens.push(pixels[0]?.accessToken ?? '');
        if (tokens.length === 1) throw new Error('cannot be applied');
      },
      onRefused: (error) => void refusals.push(error.message),
      pollMs: 20,
    });
    await replace('c.json', withToken('second'));
    await becomes('second');
    await replace('c.json', withToken('third'));
    await becomes('third');
  });

  test('of a file that hangs is reported, and taken up when it can be read', async () => {
    const file = await replace('c.json', withToken('first'));
    await watch(file, undefined, { readMs: 200 });
    // A named pipe hangs its reader until a writer comes, as a network file system may.
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await replace('c.json', withPixel({ accessToken: undefined, accessTokenFile: 'pipe' }));
    await eventually(() => expect(refusals).not.toEqual([]));
    await writeFile(pipe, 'second');
    await becomes('second');
    await replace('c.json', withToken('third'));
    await becomes('third');
    // A busy machine may take as long for another file, and that is reported too.
    for (const refusal of refusals) expect(refusal).toContain('cannot be read within 200 ms');
  });

  test('survives that the file is gone for a while', async () => {
    const file = await replace('c.json', withToken('first'));
    await watch(file);
    await rm(file);
    await eventually(() => expect(refusals).toHaveLength(1));
    await replace('c.json', withToken('second'));
    await becomes('second');
  });
});

test('what takes effect only after a restart is known', async () => {
  const before = await folder.load(MINIMAL);
  const after = await folder.load({
    ...withToken('another'),
    kafka: { ...MINIMAL.kafka, groupId: 'another' },
    worker: { gzip: true },
    log: { level: 'warn' },
  });
  expect(changesForRestart(before, before)).toEqual([]);
  expect(changesForRestart(before, after)).toEqual(['kafka', 'worker']);
});
