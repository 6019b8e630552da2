import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { scrape } from '#local/scrape.ts';
import { imbalance } from '#store/status/ledger.ts';
import { eventually } from '#test/support/deadline.ts';
import { Fleet } from '#test/support/fleet.ts';
import { createTraffic } from '#test/support/traffic.ts';

const MESSAGES = 900;
const DEADLY = 'deadly@example.com';
const PRELOAD = join(import.meta.dirname, '../fixtures/deadly-hash.ts');
const ENV = { NODE_OPTIONS: `--import=${PRELOAD}`, DEADLY_VALUE: DEADLY };

let fleet: Fleet;

afterEach(async () => {
  await fleet.stop();
});

/** A shop's traffic in which one customer has the deadly address. */
function deadlyTraffic() {
  const { messages, good } = createTraffic('poison', MESSAGES);
  const changed = messages.map(({ key, value }, index) => {
    if (index !== 450) return { key, value };
    const event = JSON.parse(value.toString());
    const traits = { ...event.context.traits, email: DEADLY };
    const context = { ...event.context, traits };
    return { key, value: Buffer.from(JSON.stringify({ ...event, context })) };
  });
  return { messages: changed, good };
}

test('an envelope that ends its workers is quarantined, and the others arrive', async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: {
      ingest: { port: 0, envelope: { maxEvents: 50 } },
      worker: { port: 0, lockMs: 5000, suspects: { suspectAfter: 1, buryAfter: 1 } },
    },
  });
  const { messages, good } = deadlyTraffic();
  const ingest = await fleet.start('ingest');
  await fleet.send(messages);
  await eventually(async () => {
    const ledgers = [...(await fleet.ledgers()).values()];
    expect(ledgers.reduce((sum, { consumed }) => sum + consumed, 0)).toBe(MESSAGES);
  });
  await ingest.stop();

  let worker = await fleet.start('worker', ENV);
  let ends = 0;
  await eventually(
    async () => {
      if (!worker.running()) {
        expect(await worker.exited).toBe('SIGKILL');
        fleet.processes.splice(fleet.processes.indexOf(worker), 1);
        ends += 1;
        worker = await fleet.start('worker', ENV);
      }
      const ledgers = [...(await fleet.ledgers()).values()];
      expect(ledgers.reduce((sum, { queued }) => sum + queued, 0)).toBe(0);
      for (const ledger of ledgers) expect(imbalance(ledger)).toBe(0);
    },
    { everyMs: 50 },
  );

  const reasons: string[] = [];
  for await (const { reason } of fleet.deadLetters()) reasons.push(reason);
  expect(new Set(reasons)).toEqual(new Set(['crashed_worker']));
  expect(reasons.length).toBeLessThanOrEqual(50);
  expect((await fleet.accepted()).size).toBe(good.size - reasons.length);
  expect(ends).toBeGreaterThanOrEqual(2);
  const metrics = await scrape([worker.url]);
  expect(metrics.sum('capi_worker_poison_envelopes_total', { action: 'dead_letter' })).toBe(1);
});
