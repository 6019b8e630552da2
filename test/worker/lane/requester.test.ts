import { expect, test } from '@jest/globals';
import type { GraphAnswer, Outcome } from '#core/outcome/answer.ts';
import { recordAt } from '#test/support/batch-sending.ts';
import { requestSettings } from '#test/support/request-settings.ts';
import { Requester, type RequesterDeps } from '#worker/lane/requester.ts';

const OLD = requestSettings('old');
const NEW = requestSettings('new', { testEventCode: 'TEST1' });
const RECORDS = [recordAt(1), recordAt(2)];

function answered(status: number, body: string): GraphAnswer {
  return { kind: 'answered', status, headers: {}, body };
}

const SUCCESS = answered(200, '{"events_received":2,"messages":[]}');
const EXPIRED = answered(400, '{"error":{"code":190,"message":"expired"}}');

/** A requester whose requests are answered by `post`; what it sent, and what its lane was told. */
function requesterOf(
  post: (token: string) => GraphAnswer,
  phase: 'active' | 'halted' | 'probing' = 'active',
) {
  const sent: string[] = [];
  const bodies: string[] = [];
  const outcomes: Outcome['kind'][] = [];
  const stopping = new AbortController();
  const deps: RequesterDeps = {
    pixelId: '1',
    client: {
      async post(_pixel, token, body) {
        sent.push(`${token} ${body.length}`);
        bodies.push(body.toString());
        return post(token);
      },
      close() {},
    },
    state: {
      begin: () => ({ startedAt: 0, phase, posted: null }),
      onOutcome: async ({ kind }, _start, { events, underWay }) => {
        outcomes.push(kind);
        expect([events, underWay]).toEqual([2, 1]);
      },
    },
    observer: { onRequest() {}, onAnswer() {}, onOutcome() {}, onShadow() {} },
    capacity: { copies: 0 },
    shadowClient: { post: async () => SUCCESS, close() {} },
    signal: stopping.signal,
  };
  return { requester: new Requester(OLD, deps), sent, bodies, outcomes, stopping };
}

test('its lane is told what came of a request', async () => {
  const { requester, outcomes } = requesterOf(() => SUCCESS);
  expect(await requester.request(RECORDS, false, null)).toMatchObject({ kind: 'delivered' });
  expect(outcomes).toEqual(['delivered']);
});

test('a lane that is halted sends nothing', async () => {
  const { requester, sent } = requesterOf(() => SUCCESS, 'halted');
  expect(await requester.request(RECORDS, false, null)).toBeNull();
  expect(sent).toEqual([]);
});

test('what the old token is refused for is sent again with the new one, and halts nothing', async () => {
  const { requester, sent, outcomes } = requesterOf((token) => {
    requester.credentials = NEW;
    return token === 'old' ? EXPIRED : SUCCESS;
  });
  expect(await requester.request(RECORDS, false, null)).toMatchObject({ kind: 'delivered' });
  expect(sent.map((each) => each.split(' ')[0])).toEqual(['old', 'new']);
  expect(outcomes).toEqual(['delivered']);
});

test('an abort of our own says nothing of the lane', async () => {
  const { requester, outcomes, stopping } = requesterOf(() => {
    stopping.abort();
    return { kind: 'unanswered', cause: 'stopped', sent: true, code: 'ABORTED' };
  });
  expect(await requester.request(RECORDS, false, null)).toMatchObject({ kind: 'retry' });
  expect(outcomes).toEqual([]);
});

test('events with a test code of a rule are sent with it, and others with that of the pixel', async () => {
  const { requester, bodies } = requesterOf(() => SUCCESS);
  const tested = [1, 2].map((at) => recordAt(at, { testEventCode: 'RULE1' }));
  await requester.request(tested, false, null);
  await requester.request(RECORDS, false, null);
  requester.credentials = NEW;
  await requester.request(tested, false, null);
  await requester.request(RECORDS, false, null);
  const codes = bodies.map((body) => JSON.parse(body).test_event_code);
  expect(codes).toEqual(['RULE1', undefined, 'RULE1', 'TEST1']);
});
