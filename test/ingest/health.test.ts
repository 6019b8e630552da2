import { describe, expect, test } from '@jest/globals';
import { createChecks } from '#ingest/health.ts';

const SESSION_MS = 10_000;

function checks({
  sign = 0,
  word = 0,
  joined = true,
  error = null as string | null,
  workFault = null as string | null,
  kafkaFault = null as string | null,
  registryFault = null as (() => string | null) | null,
}) {
  const ago = (seconds: number) => Date.now() - seconds * 1000;
  return createChecks(
    {
      lastActivityAt: ago(sign),
      joined,
      lastError: error,
      halted: () => null,
    },
    {
      sessionTimeoutMs: SESSION_MS,
      lastLogAt: () => ago(word),
      workFault: () => workFault,
      kafkaFault: () => kafkaFault,
      registryFault,
      redisFault: async () => (joined ? null : 'does not answer: ECONNREFUSED'),
    },
  );
}

describe('ingest is alive', () => {
  test.each([
    ['while the group hears of it', { sign: 1, word: 600 }, true],
    ['while it tries to reach Kafka in vain', { sign: 600, word: 5, joined: false }, true],
    ['until it is silent for three sessions', { sign: 31, word: 600 }, false],
  ])('%s', (_, signs, ok) => {
    expect(checks(signs).live()).toMatchObject([{ name: 'consumer', ok }]);
  });
});

test('it is not ready while the registry gives no schemas, if there is one', async () => {
  const fault = 'load of t/0: HTTP 503';
  const found = await checks({ registryFault: () => fault }).ready();
  expect(found).toContainEqual({ name: 'schema_registry', ok: false, detail: fault });
  expect(await checks({}).ready()).not.toContainEqual(
    expect.objectContaining({ name: 'schema_registry' }),
  );
});

test('it is not ready while Redis refuses what ingest needs, whatever else holds', async () => {
  const workFault = 'watermarks: NOPERM';
  expect(await checks({ workFault }).ready()).toContainEqual({
    name: 'redis',
    ok: false,
    detail: workFault,
  });
});

test('it is ready when Kafka and Redis have it, and else says what they said last', async () => {
  expect((await checks({}).ready()).every(({ ok }) => ok)).toBe(true);
  expect(await checks({ joined: false, error: 'Connection refused' }).ready()).toEqual([
    { name: 'consumer', ok: true },
    { name: 'group', ok: false, detail: 'not a member of the group now: Connection refused' },
    { name: 'kafka', ok: true },
    { name: 'partitions', ok: true },
    { name: 'redis', ok: false, detail: 'does not answer: ECONNREFUSED' },
  ]);
});
