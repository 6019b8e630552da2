import { expect, test } from '@jest/globals';
import { type Token, TokenCache } from '#kafka/login/token-cache.ts';

const HOUR_MS = 3_600_000;

/** A cache on a clock that the test moves, and requests that it answers. */
function cacheOf(answers: (Partial<Token> | Error)[]) {
  const clock = { ms: 0, requests: 0 };
  const request = async (): Promise<Token> => {
    const answer = answers[clock.requests];
    clock.requests += 1;
    if (answer instanceof Error) throw answer;
    return { value: `token-${clock.requests}`, lifetimeMs: HOUR_MS, skewMs: null, ...answer };
  };
  return { cache: new TokenCache(request, () => clock.ms), clock };
}

test('connections that log in at once share a token, until a fifth of its life is left', async () => {
  const { cache, clock } = cacheOf([]);
  expect(await Promise.all([cache.get(), cache.get()])).toEqual(['token-1', 'token-1']);
  clock.ms = HOUR_MS * 0.79;
  expect(await cache.get()).toBe('token-1');
  clock.ms = HOUR_MS * 0.81;
  expect(await cache.get()).toBe('token-2');
  expect(clock.requests).toBe(2);
});

test('a token that lives for seconds is not used twice', async () => {
  const { cache } = cacheOf([{ lifetimeMs: 15_000 }]);
  expect([await cache.get(), await cache.get()]).toEqual(['token-1', 'token-2']);
});

test('one that cannot be replaced is used while it is valid, and its failure is told after that', async () => {
  const away = new Error('away');
  const { cache, clock } = cacheOf([{}, away, away, {}]);
  await cache.get();
  clock.ms = HOUR_MS - 60_000;
  expect(await cache.get()).toBe('token-1');
  clock.ms = HOUR_MS - 1000;
  await expect(cache.get()).rejects.toThrow('away');
  expect(await cache.get()).toBe('token-4');
});

test('one that a broker refuses is replaced', async () => {
  const { cache } = cacheOf([]);
  await cache.get();
  cache.forget();
  expect(await cache.get()).toBe('token-2');
});

test.each([
  [null, ''],
  [29_000, ''],
  [90_400, '; the clock of this machine is 90 s behind that of the token endpoint'],
  [-90_400, '; the clock of this machine is 90 s ahead of that of the token endpoint'],
])('a clock that differs by %p ms is told: %p', async (skewMs, words) => {
  const { cache } = cacheOf([{ skewMs }]);
  await cache.get();
  expect(cache.skew()).toBe(words);
});
