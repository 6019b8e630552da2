import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { createKafka } from '#kafka/client.ts';
import { COMPRESSIONS } from '#kafka/compressions.ts';
import { createBatchProducer } from '#kafka/producer.ts';
import { imbalance } from '#store/status/ledger.ts';
import { Fleet, PIXELS, SOURCES } from '#test/support/fleet.ts';
import { settled } from '#test/support/settled.ts';
import { trackEvent } from '#test/support/track-event.ts';

jest.setTimeout(600_000);

/** A batch of the good events fits into it, and nothing of what is compressed below. */
const LIMIT = 1_000_000;
const CODECS = COMPRESSIONS.filter((compression) => compression !== 'none');
/** As much as a broker of the tests takes in Snappy, which makes the least of it. */
const BOMB = Buffer.alloc(120 * 1024 * 1024, ' ');
const GOOD = 20;

let fleet: Fleet;

const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');

async function send(compression: (typeof COMPRESSIONS)[number], values: readonly Buffer[]) {
  const kafka = createKafka({ brokers, clientId: 'bombs', ssl: false, sasl: null });
  const producer = await createBatchProducer(kafka, { topic: fleet.topic, compression });
  await producer.send(values.map((value) => ({ key: 'one partition', value })));
  await producer.disconnect();
}

function goodEvents(stem: string): Buffer[] {
  const timestamp = new Date().toISOString();
  return Array.from({ length: GOOD }, (_, i) => {
    const messageId = `${stem}-${i}`;
    const event = trackEvent({ messageId, timestamp, context: { source: SOURCES[0] } });
    return Buffer.from(JSON.stringify(event));
  });
}

beforeAll(async () => {
  fleet = await Fleet.prepare({
    brokers,
    redisUrl: process.env['TEST_REDIS_URL'] ?? '',
    sections: { ingest: { port: 0, maxDecompressedBytes: LIMIT } },
  });
});

afterAll(async () => {
  expect(await fleet.stop()).toEqual([0, 0]);
});

describe('a record batch that would fill the memory', () => {
  test('is one dead letter in every codec, and what is around it arrives once', async () => {
    for (const codec of CODECS) {
      await send(codec, goodEvents(`before-${codec}`));
      await send(codec, [BOMB]);
    }
    await send('none', goodEvents('after'));
    await fleet.start('ingest');
    await fleet.start('worker');
    const events = (CODECS.length + 1) * GOOD;
    await settled(fleet, events + CODECS.length);

    const accepted = await fleet.accepted();
    expect(accepted.size).toBe(events);
    expect([...accepted.values()].every((count) => count === 1)).toBe(true);
    const letters: DeadLetterFacts[] = [];
    for await (const facts of fleet.deadLetters()) letters.push(facts);
    expect(letters).toHaveLength(CODECS.length);
    for (const { reason, message, kafka } of letters) {
      expect(reason).toBe('too_large');
      expect(message).toContain(`offsets ${kafka.offset} to ${kafka.offset}`);
      expect(message).toContain('ingest.maxDecompressedBytes');
    }
    const offsets = letters.map(({ kafka }) => kafka.offset).toSorted((a, b) => a - b);
    expect(offsets).toEqual(CODECS.map((_, index) => (index + 1) * (GOOD + 1) - 1));
    const ledgers = await fleet.ledgers();
    for (const ledger of ledgers.values()) expect(imbalance(ledger)).toBe(0);
    expect(ledgers.get(PIXELS[0] ?? '')?.delivered).toBe(events);
  });
});
