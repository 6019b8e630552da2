import { expect, test } from '@jest/globals';
import type { KafkaClient } from '#kafka/client.ts';
import { createBatchProducer } from '#kafka/producer.ts';

/** A client whose brokers fail the first sendings with an error of this name. */
function failing(times: number, name: string) {
  let tries = 0;
  const producer = {
    async connect() {},
    async disconnect() {},
    async send() {
      tries += 1;
      if (tries <= times) throw Object.assign(new Error('no leader'), { name });
    },
  };
  return { client: { producer: () => producer } as unknown as KafkaClient, tries: () => tries };
}

const MESSAGES = [{ key: null, value: 'a' }];
const HEALS = 'KafkaJSNumberOfRetriesExceeded';

test.each<[string, number, string, { tries: number; told: number; sent: boolean }]>([
  ['is repeated and told while it may heal', 1, HEALS, { tries: 2, told: 1, sent: true }],
  ['fails after its retries', 9, HEALS, { tries: 2, told: 1, sent: false }],
  ['fails at once where it cannot heal', 1, 'Other', { tries: 1, told: 0, sent: false }],
])('a sending that fails %s', async (_, times, name, expected) => {
  const { client, tries } = failing(times, name);
  let told = 0;
  const onFailure = (): void => {
    told += 1;
  };
  const options = { topic: 't', compression: 'none', retries: 1, onFailure } as const;
  const producer = await createBatchProducer(client, options);
  const sent = await producer.send(MESSAGES).then(
    () => true,
    () => false,
  );
  expect({ tries: tries(), told, sent }).toEqual(expected);
});
