import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Configuration } from '#config/configuration.ts';
import { Reloads } from '#process/follow-configuration.ts';
import { ConfigurationFolder, withPixel } from '#test/config/configuration-folder.ts';
import { eventually } from '#test/support/deadline.ts';

/** Reloads whose every attempt ends as told; an attempt is named by its access token. */
function observe() {
  const attempts: string[] = [];
  const applied: string[] = [];
  const failed: string[] = [];
  const ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  const reloads = new Reloads({
    apply(next) {
      attempts.push(tokenOf(next));
      return new Promise((resolve, reject) => ends.set(tokenOf(next), { resolve, reject }));
    },
    onApplied: (next) => void applied.push(tokenOf(next)),
    onFailed: ({ message }) => void failed.push(message),
    retryMs: 5,
  });
  return { reloads, attempts, applied, failed, end: (token: string) => ends.get(token) };
}

function tokenOf({ pixels }: Configuration): string {
  return pixels[0]?.accessToken ?? '';
}

async function configurations(...tokens: string[]): Promise<Configuration[]> {
  const folder = await ConfigurationFolder.make();
  const loaded: Configuration[] = [];
  for (const accessToken of tokens) loaded.push(await folder.load(withPixel({ accessToken })));
  await folder.remove();
  return loaded;
}

test('a change that hangs does not keep the next one from being applied at once', async () => {
  const [first, second] = (await configurations('first', 'second')) as [
    Configuration,
    Configuration,
  ];
  const { reloads, attempts, applied, end } = observe();
  reloads.start(first);
  expect(reloads.pendingMs(Date.now() + 70_000)).toBeGreaterThanOrEqual(70_000);
  reloads.start(second);
  expect(attempts).toEqual(['first', 'second']);
  end('second')?.resolve();
  await eventually(() => expect(applied).toEqual(['second']));
  expect(reloads.pendingMs(Date.now() + 70_000)).toBe(0);
  end('first')?.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(applied).toEqual(['second']);
});

test('a change that fails is reported once and tried again until it works', async () => {
  const [only] = (await configurations('only')) as [Configuration];
  const { reloads, attempts, applied, failed, end } = observe();
  reloads.start(only);
  for (let n = 1; n <= 3; n += 1) {
    await eventually(() => expect(attempts).toHaveLength(n));
    end('only')?.reject(new Error('no room'));
  }
  await eventually(() => expect(attempts).toHaveLength(4));
  expect(failed).toEqual(['no room']);
  expect(reloads.failed).toBe('no room');
  end('only')?.resolve();
  await eventually(() => expect(applied).toEqual(['only']));
  expect(reloads.failed).toBeNull();
});

test('what fails is not tried again once there is something newer, or the process ends', async () => {
  const [first, second] = (await configurations('first', 'second')) as [
    Configuration,
    Configuration,
  ];
  const { reloads, attempts, failed, end } = observe();
  reloads.start(first);
  reloads.start(second);
  end('first')?.reject(new Error('too late'));
  end('second')?.reject(new Error('no room'));
  await eventually(() => expect(failed).toEqual(['no room']));
  reloads.end();
  const made = attempts.length;
  end('second')?.reject(new Error('again'));
  await sleep(50);
  expect(attempts).toHaveLength(made);
  expect(attempts.filter((token) => token === 'first')).toHaveLength(1);
  expect(failed).toEqual(['no room']);
});
