import { expect, test } from '@jest/globals';
import type { KafkaClient } from '#kafka/client.ts';
import { TopicIds } from '#kafka/topic-ids.ts';

/** Brokers that answer each request when they are told to. */
function asking() {
  const state = { connects: 0, away: false };
  const answers: ((id: string) => void)[] = [];
  const admin = {
    async connect() {
      state.connects += 1;
      if (state.away) throw new Error('away');
    },
    fetchTopicMetadata: ({ topics: [name] }: { topics: string[] }) =>
      new Promise((resolve) => {
        answers.push((topicId) =>
          resolve({ topics: [{ name, partitions: Object.assign([], { topicId }) }] }),
        );
      }),
    disconnect: async () => {},
  };
  const kafka = { admin: () => admin } as unknown as Pick<KafkaClient, 'admin'>;
  return { ids: new TopicIds(kafka), answers, state };
}

const turn = (): Promise<void> => new Promise(setImmediate);

test('a question waits for an answer that may be older, and all that wait share the next one', async () => {
  const { ids, answers, state } = asking();
  const first = ids.ask('t');
  await turn();
  const later = [ids.ask('t'), ids.ask('t')];
  await turn();
  expect(answers).toHaveLength(1);
  answers[0]?.('A');
  expect(await first).toBe('A');
  await turn();
  expect(answers).toHaveLength(2);
  answers[1]?.('B');
  expect(await Promise.all(later)).toEqual(['B', 'B']);
  expect(state.connects).toBe(1);
});

test('topics do not wait for each other', async () => {
  const { ids, answers } = asking();
  const asked = [ids.ask('t'), ids.ask('u')];
  await turn();
  expect(answers).toHaveLength(2);
  answers[1]?.('U');
  answers[0]?.('T');
  expect(await Promise.all(asked)).toEqual(['T', 'U']);
});

test('where no broker can be reached the next question connects again', async () => {
  const { ids, answers, state } = asking();
  state.away = true;
  await expect(ids.ask('t')).rejects.toThrow('away');
  state.away = false;
  const asked = ids.ask('t');
  await turn();
  answers[0]?.('A');
  expect(await asked).toBe('A');
  expect(state.connects).toBe(2);
});
