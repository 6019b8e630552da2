import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import type { GraphAnswer } from '#core/outcome/answer.ts';
import { createGraphClient } from '#graph/client.ts';
import { recordAt } from '#test/support/batch-sending.ts';
import { eventually } from '#test/support/deadline.ts';
import { requestSettings } from '#test/support/request-settings.ts';
import { Shadow } from '#worker/lane/shadow.ts';

const RECORDS = [recordAt(1), recordAt(2)];
const ACCEPTED: GraphAnswer = {
  kind: 'answered',
  status: 200,
  headers: {},
  body: '{"events_received":2,"messages":[]}',
};
const EXPIRED: GraphAnswer = {
  kind: 'answered',
  status: 400,
  headers: {},
  body: '{"error":{"code":190,"message":"expired"}}',
};

/** A shadow whose copies are answered when `answer` is called. */
function shadowOf(random: () => number = () => 0, capacity = { copies: 0 }) {
  const posted: string[] = [];
  const outcomes: string[] = [];
  const waiting: ((answer: GraphAnswer) => void)[] = [];
  const stopping = new AbortController();
  const shadow = new Shadow({
    shadowClient: {
      post(pixelId, token, body) {
        posted.push(`${pixelId} ${token} ${body.toString()}`);
        return new Promise((resolve) => waiting.push(resolve));
      },
      close() {},
    },
    capacity,
    observer: { onShadow: (outcome) => void outcomes.push(outcome) },
    signal: stopping.signal,
    random,
  });
  shadow.settings = {
    ...requestSettings('shadow-token', { testEventCode: 'TEST7' }),
    pixelId: '9',
    share: 0.5,
  };
  const answer = async (with_: GraphAnswer) => {
    waiting.shift()?.(with_);
    await new Promise(setImmediate);
  };
  return { shadow, posted, outcomes, answer, stopping };
}

test('gets what its pixel delivered, under its own token and test event code', async () => {
  const { shadow, posted, outcomes, answer } = shadowOf();
  shadow.copy(RECORDS);
  await answer(ACCEPTED);
  expect(posted).toHaveLength(1);
  expect(posted[0]).toMatch(/^9 shadow-token \{"data":\[.*\],"test_event_code":"TEST7"\}$/);
  expect(outcomes).toEqual(['delivered']);
});

test('gets one copy at a time, and counts what it drops meanwhile', async () => {
  const { shadow, posted, outcomes, answer } = shadowOf();
  shadow.copy(RECORDS);
  shadow.copy(RECORDS);
  shadow.copy(RECORDS);
  expect([posted.length, outcomes]).toEqual([1, ['dropped', 'dropped']]);
  await answer(EXPIRED);
  shadow.copy(RECORDS);
  await answer(ACCEPTED);
  expect(outcomes).toEqual(['dropped', 'dropped', 'blocked', 'delivered']);
});

test('shares the memory for copies with those of a thousand pixels: others are dropped', async () => {
  const capacity = { copies: 0 };
  const shadows = Array.from({ length: 1000 }, () => shadowOf(() => 0, capacity));
  for (const { shadow } of shadows) shadow.copy(RECORDS);
  expect(shadows.flatMap(({ posted }) => posted)).toHaveLength(16);
  expect(shadows.flatMap(({ outcomes }) => outcomes)).toEqual(Array(984).fill('dropped'));
  for (const { answer } of shadows) await answer(ACCEPTED);
  expect(capacity.copies).toBe(0);
  shadows.at(-1)?.shadow.copy(RECORDS);
  expect(shadows.at(-1)?.posted).toHaveLength(1);
});

test.each([
  ['a megabyte', 1024 * 1024, 'delivered'],
  ['more than a megabyte', 2 * 1024 * 1024, 'retry'],
])('that answers %s is read no further, and gets the next copy', async (_name, bytes, outcome) => {
  const server = createServer((request, response) => {
    const start = '{"events_received":2,"messages":["';
    request.resume().on('end', () => response.end(`${start.padEnd(bytes - 3, 'x')}"]}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { url, version: 'v25.0', timeoutMs: 240_000, gzip: false };
  const shadowClient = createGraphClient(options);
  const outcomes: string[] = [];
  const shadow = new Shadow({
    ...{ shadowClient, capacity: { copies: 0 }, signal: new AbortController().signal },
    observer: { onShadow: (kind) => void outcomes.push(kind) },
    random: () => 0,
  });
  shadow.settings = { ...requestSettings('shadow-token'), pixelId: '9', share: 1 };
  for (const copies of [1, 2]) {
    shadow.copy(RECORDS);
    await eventually(() => expect(outcomes).toHaveLength(copies), { everyMs: 10 });
  }
  expect(outcomes).toEqual([outcome, outcome]);
  shadowClient.close();
  server.close();
});

test('gets its share, and nothing where there is none', () => {
  const draws = [0.49, 0.5, 0.99];
  const { shadow, posted, outcomes } = shadowOf(() => draws.shift() ?? 0);
  for (let n = 0; n < 3; n += 1) shadow.copy(RECORDS);
  expect(posted).toHaveLength(1);
  shadow.settings = null;
  shadow.copy(RECORDS);
  expect([posted.length, outcomes]).toEqual([1, []]);
});

test('says nothing of a copy that a stop aborted', async () => {
  const { shadow, outcomes, answer, stopping } = shadowOf();
  shadow.copy(RECORDS);
  stopping.abort();
  await answer({ kind: 'unanswered', cause: 'stopped', sent: true, code: 'ABORTED' });
  expect(outcomes).toEqual([]);
});

test('gets no events that a rule sends to the Test Events page', () => {
  const { shadow, posted } = shadowOf();
  shadow.copy([recordAt(1, { testEventCode: 'RULE1' })]);
  expect(posted).toEqual([]);
});
