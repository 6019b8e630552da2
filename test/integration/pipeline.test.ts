import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parsePixelSettings } from '#config/load.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { sentJson } from '#core/record/record.ts';
import { readDutiesOwner } from '#store/locks.ts';
import { imbalance } from '#store/status/ledger.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { trackEvent } from '#test/support/track-event.ts';
import { createTraffic } from '#test/support/traffic.ts';

const MESSAGES = 6000;
const traffic = createTraffic('pipeline', MESSAGES, 0.03);
let fleet: Fleet;

beforeAll(async () => {
  fleet = await Fleet.prepare({
    brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
  });
  await Promise.all([fleet.start('ingest'), fleet.start('worker'), fleet.start('worker')]);
  await fleet.send(traffic.messages);
  await settled(fleet, MESSAGES);
});

afterAll(async () => {
  expect(await fleet.stop()).toEqual([0, 0, 0]);
});

describe('Track events from Kafka to the Conversions API', () => {
  test('every good one arrives exactly once, and nothing else does', async () => {
    const accepted = await fleet.accepted();
    expect([...accepted.values()].every((count) => count === 1)).toBe(true);
    expect(new Set(accepted.keys())).toEqual(traffic.good);
  });

  test('none of it needs a control process', async () => {
    expect(await readDutiesOwner(fleet.store)).toBeNull();
  });

  test('the ledger of every pixel balances, and Meta counted the same', async () => {
    const ledgers = await fleet.ledgers();
    const answer = await fetch(`${fleet.sandbox.url}/_sandbox/state`);
    const state = (await answer.json()) as { pixels: Record<string, { accepted: number }> };
    for (const [, ledger] of ledgers) expect(imbalance(ledger)).toBe(0);
    for (const pixel of PIXELS) {
      expect(state.pixels[pixel]?.accepted).toBe(ledgers.get(pixel)?.delivered);
    }
  });

  test('what cannot be sent is a dead letter with its reason and where it was read', async () => {
    const reasons = new Set<string>();
    let letters = 0;
    for await (const facts of fleet.deadLetters()) {
      letters += 1;
      reasons.add(facts.reason);
      expect(facts.kafka.topic).toBe(fleet.topic);
    }
    const ledgers = [...(await fleet.ledgers()).values()];
    expect(letters).toBe(ledgers.reduce((sum, { dead }) => sum + dead, 0));
    expect(reasons).toContain('invalid_event');
    expect(reasons).toContain('too_old');
    expect(reasons).toContain('missing_value');
  });

  test('an event arrives byte for byte as the mapping says', async () => {
    const timestamp = new Date().toISOString();
    const event = trackEvent({ timestamp, context: { source: 'shop-eu' } });
    await fleet.send([{ key: 'k', value: JSON.stringify(event) }]);
    await settled(fleet, MESSAGES + 1);
    const parsed = parsePixelSettings({ pixelId: PIXELS[0] });
    if (!parsed.ok) throw new Error('settings refused');
    const result = createMapper(parsed.settings)(event, Date.now());
    if (result.outcome !== 'deliver') throw new Error(result.message);
    const last = await fetch(`${fleet.sandbox.url}/_sandbox/last?pixel=${PIXELS[0]}`);
    expect(await last.text()).toBe(`{"data":[${sentJson(result.event)}]}`);
  });

  test('nothing personal and no token is in the logs or the metrics', async () => {
    const metrics = await Promise.all(
      fleet.processes.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()),
    );
    const text = [...metrics, ...fleet.processes.map((process) => process.log())].join('\n');
    expect(text).not.toMatch(/@example\./);
    expect(text).not.toContain('fleet-token');
  });
});
