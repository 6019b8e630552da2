import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '#test/support/deadline.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { createTraffic } from '#test/support/traffic.ts';

const [DEEP = '', ...SHALLOW] = PIXELS;
const PATIENCE = { everyMs: 50 };
let fleet: Fleet;

afterEach(async () => {
  expect(await fleet.stop()).toEqual([0, 0]);
});

/** So little is shared that a deep pixel could hold all of it. */
async function prepare(worker: Record<string, unknown>): Promise<void> {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      ingest: { port: 0, envelope: { maxEvents: 20 } },
      worker: { port: 0, batch: { maxEvents: 20 }, requests: 2, heldEvents: 200, ...worker },
    },
  });
}

async function queued(pixel: string): Promise<number> {
  return (await fleet.ledgers()).get(pixel)?.queued ?? 0;
}

/** Many events of the first pixel, then a few of each. */
async function sendDeepThenShallow(): Promise<number> {
  const deep = createTraffic('deep', 6000).messages.filter(({ value }) =>
    value.toString().includes('"source":"shop-eu"'),
  );
  await fleet.send(deep);
  await eventually(async () => expect(await queued(DEEP)).toBe(deep.length), PATIENCE);
  const shallow = createTraffic('shallow', 300).messages;
  await fleet.send(shallow);
  await eventually(async () => {
    for (const pixel of SHALLOW) expect(await queued(pixel)).toBeGreaterThan(0);
  }, PATIENCE);
  return deep.length + shallow.length;
}

test('a deep pixel leaves shallow ones their part of requests and memory', async () => {
  await prepare({});
  await fleet.tell('behaviour', { pixel: '*', kind: 'delay', ms: 40 });
  await fleet.start('ingest');
  const messages = await sendDeepThenShallow();
  await fleet.start('worker');
  await eventually(async () => {
    for (const pixel of SHALLOW) expect(await queued(pixel)).toBe(0);
  }, PATIENCE);
  expect(await queued(DEEP)).toBeGreaterThan(0);
  await settled(fleet, messages);
});

test('a pixel whose requests hang does not keep the others from theirs', async () => {
  await prepare({ breaker: { failures: 2, baseMs: 200, capMs: 1000 } });
  await fleet.tell('behaviour', { pixel: DEEP, kind: 'hang', when: 'before_judging' });
  await fleet.start('ingest');
  const messages = await sendDeepThenShallow();
  await fleet.start('worker');
  await eventually(async () => {
    for (const pixel of SHALLOW) expect(await queued(pixel)).toBe(0);
  }, PATIENCE);
  const ledger = (await fleet.ledgers()).get(DEEP);
  expect(ledger).toMatchObject({ delivered: 0, dead: 0 });
  await fetch(`${fleet.sandbox.url}/_sandbox/behaviour`, { method: 'DELETE' });
  await settled(fleet, messages);
  expect((await fleet.ledgers()).get(DEEP)?.dead).toBe(0);
});
