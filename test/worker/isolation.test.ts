import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mostRequests } from '#core/delivery/poison.ts';
import { classify } from '#core/outcome/classify.ts';
import { hashRecord, type SendableRecord, writeBody, writeRecord } from '#core/record/record.ts';
import { createGraphClient, type GraphClient } from '#graph/client.ts';
import { openSandbox, PIXEL, type SandboxClient, TOKEN } from '#test/sandbox/client.ts';
import { NOW } from '#test/sandbox/sample-event.ts';
import { sendBatch, sendingDeps } from '#test/support/batch-sending.ts';
import type { SenderDeps } from '#worker/lane/sender.ts';

const EVENTS = 1000;
const OFFENDERS = {
  one: [617],
  'three side by side': [0, 1, 2],
  'ten all over': Array.from({ length: 10 }, (_, at) => at * 97 + 5),
  'forty all over': Array.from({ length: 40 }, (_, at) => at * 23 + 7),
};

let sandbox: SandboxClient;
let client: GraphClient;

beforeAll(async () => {
  sandbox = await openSandbox();
  client = createGraphClient({
    url: sandbox.url,
    version: 'v25.0',
    timeoutMs: 10_000,
    gzip: false,
  });
});

afterAll(async () => {
  client.close();
  await sandbox.close();
});

function record(id: string): SendableRecord {
  const plain = {
    event_name: 'Lead',
    event_time: NOW - 60,
    event_id: id,
    action_source: 'phone_call' as const,
    user_data: {},
  };
  const event = { plain, personal: { em: `${id}@example.com` } };
  return hashRecord(Buffer.from(writeRecord(event, { offset: 0, timestamp: 0 }, 0)));
}

/** An active lane that sends whatever it is given to the sandbox. */
function sandboxLane(counted: { requests: number }): SenderDeps {
  const { signal } = new AbortController();
  return sendingDeps(
    async (records) => {
      counted.requests += 1;
      const answer = await client.post(PIXEL, TOKEN, writeBody(records, ''), signal);
      return classify(answer, Date.now(), TOKEN);
    },
    { now: () => NOW * 1000 },
  );
}

/** What bisecting may cost: for each offender the way down to it, and its own request. */
function mostRefused(events: number, offenders: number): number {
  return 2 * offenders * Math.log2(events / offenders) + 2 * offenders + 1;
}

/** Offenders among 1,000 events, at both ends and in between. */
const TRANSIENT_OFFENDERS = {
  first: [0],
  last: [999],
  'one of them': [617],
  'at both ends': [0, 500, 999],
  'side by side': [498, 499, 500],
  'ten at both ends': [0, 1, 2, 3, 4, 995, 996, 997, 998, 999],
  'ten all over': OFFENDERS['ten all over'],
};

/** What Meta says of one event each time, and what calls itself temporary although it is not. */
const TRANSIENT_ANSWERS = {
  'code 1': { status: 500, code: 1, message: 'An unknown error occurred' },
  'code 2': { status: 503, code: 2, transient: true, message: 'Service temporarily unavailable' },
  'code 2 under 400': { status: 400, code: 2, message: 'Service temporarily unavailable' },
  'status 500 with an unknown code': { status: 500, code: 987_654, message: 'Oops' },
  'a refusal that calls itself temporary': {
    ...{ status: 400, code: 100, subcode: 2_804_001, transient: true },
    message: 'Invalid parameter',
  },
};

const transientCases = Object.entries(TRANSIENT_OFFENDERS).flatMap(([name, at]) =>
  Object.entries(TRANSIENT_ANSWERS)
    .filter(([words]) => name === 'at both ends' || words === 'code 2')
    .map(([words, error]) => ({ name, at, words, error })),
);

test.each(transientCases)(
  'of 1,000 events the offenders $name are always answered with $words',
  async ({ name, at, words, error }) => {
    const ids = Array.from({ length: EVENTS }, (_, index) => `${name}-${words}-${index}`);
    const eventId = at.map((index) => ids[index] ?? '');
    await sandbox.behave({ pixel: PIXEL, kind: 'index', shown: 'never' });
    const told = await sandbox.behave({ pixel: PIXEL, kind: 'reject_event', eventId, ...error });
    expect(told.status).toBe(200);
    const counted = { requests: 0 };
    const before = (await sandbox.state())['accepted'] as number | undefined;
    const results = await sendBatch(ids.map(record), sandboxLane(counted), {
      suspect: { failures: 2, isolated: false },
    });
    const failed = results.flatMap((result, index) =>
      result.kind === 'retry' ? [{ result, index }] : [],
    );
    expect(failed.map(({ index }) => index)).toEqual(at);
    for (const { result } of failed) {
      expect(result.alone).toBe(true);
      expect(result.outcome.refusal).toMatchObject({ status: error.status, code: error.code });
      expect(result.outcome.refusal.message).toContain(error.message);
    }
    expect(results.filter(({ kind }) => kind === 'delivered')).toHaveLength(EVENTS - at.length);
    const after = (await sandbox.state())['accepted'] as number;
    expect(after - (before ?? 0)).toBe(EVENTS - at.length);
    expect(counted.requests).toBeLessThanOrEqual(mostRequests(EVENTS, at.length));
  },
);

const cases = Object.entries(OFFENDERS).flatMap(([name, at]) =>
  (['always', 'never'] as const).map((shown) => ({ name, at, shown })),
);

test.each(cases)('of 1,000 events $name, the place shown $shown', async ({ name, at, shown }) => {
  const ids = Array.from({ length: EVENTS }, (_, index) => `${name}-${shown}-${index}`);
  const offenders = new Set(at.map((index) => ids[index] ?? ''));
  await sandbox.behave({ pixel: PIXEL, kind: 'index', shown });
  await sandbox.behave({ pixel: PIXEL, kind: 'reject_event', eventId: [...offenders] });
  const counted = { requests: 0 };
  const before = (await sandbox.state())['accepted'] as number | undefined;
  const results = await sendBatch(ids.map(record), sandboxLane(counted));
  const refused = results.flatMap((result, index) =>
    result.kind === 'rejected' ? [{ result, index }] : [],
  );
  expect(refused.map(({ index }) => index)).toEqual(at);
  for (const { result } of refused) {
    expect(result.refusal).toMatchObject({ status: 400, code: 100 });
    expect(result.refusal.message).not.toBe('');
    expect(result.refusal.traceId).not.toBeNull();
  }
  expect(results.filter(({ kind }) => kind === 'delivered')).toHaveLength(EVENTS - at.length);
  const after = (await sandbox.state())['accepted'] as number;
  expect(after - (before ?? 0)).toBe(EVENTS - at.length);
  expect(counted.requests).toBeLessThanOrEqual(mostRefused(EVENTS, at.length));
});
