import { expect, test } from '@jest/globals';
import { KafkaPresence } from '#ingest/kafka/presence.ts';

function presence() {
  const clock = { now: 0 };
  const said: string[] = [];
  const kafka = new KafkaPresence({
    brokers: ['a:1', 'b:2'],
    log: {
      kafka: (level, message) => void said.push(`${level} ${message}`),
      unreachable: (error) => void said.push(String(error)),
    },
    sessionTimeoutMs: 20_000,
    now: () => clock.now,
  });
  return { clock, said, kafka };
}

const REFUSED = 'kafkajs Connection: Connection error: connect ECONNREFUSED 10.0.0.1:9092';

test('brokers that do not answer are waited for, and what is waited for is said', () => {
  const { clock, kafka, said } = presence();
  kafka.heard('warn', REFUSED, {});
  kafka.heard('warn', 'kafkajs Consumer: Restarting the consumer in 200ms', {});
  expect(kafka.fault()).toBeNull();
  clock.now = 6000;
  expect(kafka.fault()).toBe('waiting for Kafka at a:1, b:2: ECONNREFUSED');
  const words = 'Error: Connection error: connect ECONNREFUSED 10.0.0.1:9092';
  expect(said.filter((line) => line.startsWith('Error'))).toEqual([words]);
  expect(said.filter((line) => line.startsWith('warn'))).toEqual([]);
  kafka.answered();
  expect(kafka.fault()).toBeNull();
});

test('one broker that is away is no fault while others answer', () => {
  const { clock, kafka } = presence();
  for (clock.now = 1000; clock.now < 60_000; clock.now += 1000) {
    kafka.heard('warn', REFUSED, {});
    kafka.answered();
    expect(kafka.fault()).toBeNull();
  }
});

test('what else the client says is passed on', () => {
  const { kafka, said } = presence();
  kafka.heard('warn', 'kafkajs Consumer: Crash: NOT_AUTHORIZED', { cause: 'x' });
  kafka.heard('debug', REFUSED, {});
  expect(said).toEqual(['warn kafkajs Consumer: Crash: NOT_AUTHORIZED', `debug ${REFUSED}`]);
});
