import { createHook } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createKafka } from '#kafka/client.ts';

const BROKERS = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const WATCHED_MS = 500;

/** kafkajs wants one for each millisecond; what is left are its checks for requests that time out. */
const MANY = WATCHED_MS / 5;

test('an idle connection sets no endless timer', async () => {
  const kafka = createKafka({ brokers: BROKERS, clientId: 'idle', ssl: false, sasl: null });
  const admin = kafka.admin();
  await admin.connect();
  await admin.listTopics();
  let timers = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === 'Timeout') timers += 1;
    },
  });
  hook.enable();
  await sleep(WATCHED_MS);
  hook.disable();
  await admin.disconnect();
  expect(timers).toBeLessThan(MANY);
});
