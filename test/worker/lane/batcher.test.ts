import { expect, test } from '@jest/globals';
import { hashRecord, type SendableRecord } from '#core/record/record.ts';
import { Batcher, type Origin } from '#worker/lane/batcher.ts';
import type { EventResult } from '#worker/lane/delivery-rules.ts';

const LIMITS = { maxEvents: 2, maxBytes: 1_000_000 };

function records(n: number): SendableRecord[] {
  return Array.from({ length: n }, (_, index) =>
    hashRecord(Buffer.from(`0,0,0,0,${index}\t{}\t{}`)),
  );
}

/** A gatherer of which so many batches may be under way, and whose requests are answered by hand. */
function observe({ allowed, slots }: { allowed: number; slots: number }) {
  const sent: { events: number; trigger: string; answer: () => void }[] = [];
  const dismissed: (() => void)[] = [];
  let free = slots;
  const gatherer = new Batcher({
    limits: LIMITS,
    lingerMs: 3_600_000,
    pace: { allowed, gapMs: 0 },
    slots(work, dismiss) {
      if (free === 0) dismissed.push(dismiss);
      else {
        free -= 1;
        void work();
      }
    },
    send: (batch, trigger) =>
      new Promise((resolve) => {
        const answer = () => resolve(batch.map(() => ({ kind: 'delivered' })));
        sent.push({ events: batch.length, trigger, answer });
      }),
  });
  const fates: (readonly EventResult['kind'][])[] = [];
  const deliver = (n: number, lease?: Origin['lease']): void => {
    const at = fates.push([]) - 1;
    void gatherer
      .deliver(records(n), async () => true, lease === undefined ? {} : { lease })
      .then((found) => {
        fates[at] = found.map(({ kind }) => kind);
      });
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { gatherer, sent, dismissed, fates, deliver, turn };
}

test('a stop sends what lingers, waits for what is under way, and hands back the rest unsent', async () => {
  const { gatherer, sent, fates, deliver, turn } = observe({ allowed: 2, slots: 2 });
  deliver(2);
  deliver(1);
  gatherer.drain();
  deliver(2);
  await turn();
  expect(sent).toMatchObject([
    { events: 2, trigger: 'count' },
    { events: 1, trigger: 'stop' },
  ]);
  expect(fates).toEqual([[], [], ['held', 'held']]);
  for (const { answer } of sent) answer();
  await turn();
  expect(fates.slice(0, 2)).toEqual([['delivered', 'delivered'], ['delivered']]);
});

test('a stop does not send what waits for others: batches of its lane, and requests of the process', async () => {
  const { gatherer, sent, dismissed, fates, deliver, turn } = observe({ allowed: 2, slots: 1 });
  for (let n = 0; n < 4; n += 1) deliver(2);
  await turn();
  expect(sent).toHaveLength(1);
  gatherer.drain();
  for (const dismiss of dismissed) dismiss();
  await turn();
  expect(sent).toHaveLength(1);
  const held = ['held', 'held'];
  expect(fates).toEqual([[], held, held, held]);
  sent[0]?.answer();
  await turn();
  expect(sent).toHaveLength(1);
  expect(fates[0]).toEqual(['delivered', 'delivered']);
});

test('what has waited long is asked for before it is sent, and what another worker has is not sent', async () => {
  const { sent, fates, deliver, turn } = observe({ allowed: 1, slots: 2 });
  const asked: string[] = [];
  const lease = (name: string, fresh: boolean, ours: boolean) => ({
    fresh: () => fresh,
    async confirm() {
      asked.push(name);
      return ours;
    },
  });
  deliver(1, lease('gone', false, false));
  deliver(1, lease('fresh', true, true));
  deliver(1, lease('kept', false, true));
  deliver(1, lease('gone too', false, false));
  await turn();
  expect(sent).toMatchObject([{ events: 1 }]);
  expect(asked).toEqual(['gone']);
  sent[0]?.answer();
  await turn();
  expect(asked).toEqual(['gone', 'kept', 'gone too']);
  expect(sent).toMatchObject([{ events: 1 }, { events: 1 }]);
  sent[1]?.answer();
  await turn();
  expect(fates).toEqual([['held'], ['delivered'], ['delivered'], ['held']]);
});
