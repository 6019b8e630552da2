import { describe, expect, test } from '@jest/globals';
import type { GraphAnswer } from '#core/outcome/answer.ts';
import { createCanaryClient } from '#graph/canary.ts';
import { createGraphClient, type GraphClient } from '#graph/client.ts';
import { openSandbox, PIXEL, TOKEN } from '#test/sandbox/client.ts';
import { sampleEvent } from '#test/sandbox/sample-event.ts';

const answered = (status: number, body: object): GraphAnswer => ({
  kind: 'answered',
  status,
  headers: {},
  body: JSON.stringify(body),
});
const refused = (code: number, subcode = 0): GraphAnswer =>
  answered(400, { error: { code, error_subcode: subcode, message: 'no' } });

const DELIVERED = answered(200, { events_received: 1, messages: [] });
const REJECTED = refused(100, 2_804_001);
const OUTDATED = refused(2635);
const THROTTLED = refused(4);
const REFUSED_CONNECTION: GraphAnswer = {
  kind: 'unanswered',
  cause: 'network',
  sent: false,
  code: 'ECONNREFUSED',
};
const SILENT: GraphAnswer = { kind: 'unanswered', cause: 'timeout', sent: true, code: 'response' };

/** A canary that gets every request, and what both versions were asked and answered. */
function canaryOf(
  answers: { stable: () => GraphAnswer; canary: () => GraphAnswer },
  options: {
    share?: number;
    pixels?: ReadonlySet<string>;
    random?: () => number;
    /** How long each takes, in ms of a clock of the test's own. */
    takes?: { stable: number; canary: number };
  } = {},
) {
  const { takes = { stable: 0, canary: 0 } } = options;
  let clock = 0;
  const asked: string[] = [];
  const told: string[] = [];
  const back: string[] = [];
  const clientOf = (name: 'stable' | 'canary'): GraphClient => ({
    async post(pixelId) {
      asked.push(`${name} ${pixelId}`);
      clock += takes[name];
      return answers[name]();
    },
    close: () => void asked.push(`${name} closed`),
  });
  const client = createCanaryClient(clientOf('stable'), clientOf('canary'), {
    share: options.share ?? 1,
    pixels: options.pixels ?? null,
    onAnswer: (role, pixelId, outcome) => void told.push(`${role} ${pixelId} ${outcome}`),
    onBack: (reason) => void back.push(reason),
    random: options.random ?? (() => 0),
    now: () => clock,
  });
  const post = (pixelId = '1', signal = new AbortController().signal) =>
    client.post(pixelId, 'token', Buffer.from('{}'), signal);
  return { client, post, asked, told, back };
}

describe('a request to the canary', () => {
  test.each<[string, GraphAnswer, GraphAnswer, GraphAnswer, string[]]>([
    ['that is accepted ends there', DELIVERED, DELIVERED, DELIVERED, ['canary 1']],
    ['that is rejected', REJECTED, DELIVERED, DELIVERED, ['canary 1', 'stable 1']],
    ['of a version that ended', OUTDATED, DELIVERED, DELIVERED, ['canary 1', 'stable 1']],
    ['that is throttled', THROTTLED, THROTTLED, THROTTLED, ['canary 1', 'stable 1']],
    ['that never left', REFUSED_CONNECTION, DELIVERED, DELIVERED, ['canary 1', 'stable 1']],
    ['that both reject', REJECTED, REJECTED, REJECTED, ['canary 1', 'stable 1']],
    // It may have been accepted: sending it again is not for the canary to decide.
    ['without an answer is not sent again', SILENT, DELIVERED, SILENT, ['canary 1']],
  ])('%s', async (_name, canary, stable, result, asked) => {
    const it = canaryOf({ canary: () => canary, stable: () => stable });
    expect(await it.post()).toBe(result);
    expect(it.asked).toEqual(asked);
  });

  test('that was aborted is not sent again', async () => {
    const stopping = new AbortController();
    const it = canaryOf({
      canary: () => {
        stopping.abort();
        return REFUSED_CONNECTION;
      },
      stable: () => DELIVERED,
    });
    expect(await it.post('1', stopping.signal)).toBe(REFUSED_CONNECTION);
    expect([it.asked, it.told]).toEqual([['canary 1'], []]);
  });
});

describe('the canary goes back', () => {
  test('after three requests that only the stable version accepts, and says so once', async () => {
    const it = canaryOf({ canary: () => REJECTED, stable: () => DELIVERED });
    for (let n = 0; n < 6; n += 1) expect(await it.post()).toBe(DELIVERED);
    expect(it.asked.filter((each) => each === 'canary 1')).toHaveLength(3);
    expect(it.back).toEqual(['it refuses what the stable version accepts']);
  });

  test('after five requests in a row without an answer', async () => {
    const answers = [SILENT, SILENT, SILENT, SILENT, DELIVERED, ...Array(9).fill(SILENT)];
    const it = canaryOf({ canary: () => answers.shift() ?? SILENT, stable: () => DELIVERED });
    for (let n = 0; n < 12; n += 1) await it.post();
    expect(it.asked.filter((each) => each === 'canary 1')).toHaveLength(10);
    expect(it.back).toEqual(['its requests get no answer']);
  });

  test('never because of what the stable version refuses too', async () => {
    const it = canaryOf({ canary: () => REJECTED, stable: () => REJECTED });
    for (let n = 0; n < 10; n += 1) expect(await it.post()).toBe(REJECTED);
    expect(it.asked.filter((each) => each === 'canary 1')).toHaveLength(10);
    expect(it.back).toEqual([]);
  });

  test('once, although several requests were under way', async () => {
    const it = canaryOf({ canary: () => REJECTED, stable: () => DELIVERED });
    await Promise.all(Array.from({ length: 10 }, () => it.post()));
    expect(it.back).toHaveLength(1);
    await it.post();
    expect(it.asked.at(-1)).toBe('stable 1');
  });
});

describe('a canary that answers late', () => {
  const count = (asked: readonly string[], which: string) =>
    asked.filter((each) => each === which).length;

  test('goes back after five late answers in a row', async () => {
    const takes = { stable: 400, canary: 9000 };
    const it = canaryOf({ canary: () => DELIVERED, stable: () => DELIVERED }, { takes });
    for (let n = 0; n < 20; n += 1) expect(await it.post()).toBe(DELIVERED);
    expect(it.back).toEqual(['it answers late']);
    // One request asked the stable version how long it takes.
    expect([count(it.asked, 'canary 1'), count(it.asked, 'stable 1')]).toEqual([5, 15]);
  });

  test.each([
    ['as the stable version does', { stable: 4000, canary: 9000 }],
    ['and yet soon', { stable: 20, canary: 1900 }],
  ])('%s stays', async (_name, takes) => {
    const it = canaryOf({ canary: () => DELIVERED, stable: () => DELIVERED }, { takes });
    for (let n = 0; n < 20; n += 1) await it.post();
    expect([it.back, count(it.asked, 'canary 1') >= 19]).toEqual([[], true]);
  });

  test('now and then stays', async () => {
    const takes = { stable: 400, canary: 400 };
    const it = canaryOf({ canary: () => DELIVERED, stable: () => DELIVERED }, { takes });
    for (let n = 0; n < 40; n += 1) {
      takes.canary = n % 5 === 0 ? 400 : 9000;
      await it.post();
    }
    expect(it.back).toEqual([]);
  });

  test('gets one request at a time, so that it holds up no more', async () => {
    const waiting: (() => void)[] = [];
    const held = createCanaryClient(
      { post: async () => DELIVERED, close() {} },
      {
        post: () => new Promise((resolve) => waiting.push(() => resolve(SILENT))),
        close() {},
      },
      { share: 1, pixels: null, onAnswer() {}, onBack() {}, random: () => 0 },
    );
    const post = () => held.post('1', 'token', Buffer.from('{}'), new AbortController().signal);
    const first = [post(), post(), post()];
    expect(waiting).toHaveLength(3);
    for (const resolve of waiting.splice(0)) resolve();
    await Promise.all(first);
    expect(await post()).toBe(DELIVERED);
    const second = [post(), post(), post()];
    expect(waiting).toHaveLength(1);
    for (const resolve of waiting.splice(0)) resolve();
    expect(await Promise.all(second)).toEqual([SILENT, DELIVERED, DELIVERED]);
  });
});

test.each<[string, GraphAnswer]>([
  ['late', DELIVERED],
  ['without an answer', SILENT],
])('a worker that is paused finds its requests %s, and the canary stays', async (_name, answer) => {
  const waiting: ((given: GraphAnswer) => void)[] = [];
  let [clock, draw] = [0, 1];
  const back: string[] = [];
  const client = createCanaryClient(
    { post: async () => DELIVERED, close() {} },
    { post: () => new Promise((resolve) => waiting.push(resolve)), close() {} },
    {
      ...{ share: 0.5, pixels: null, onAnswer() {}, random: () => draw, now: () => clock },
      onBack: (reason) => void back.push(reason),
    },
  );
  const post = () => client.post('1', 'token', Buffer.from('{}'), new AbortController().signal);
  await post();
  draw = 0;
  for (let pause = 0; pause < 3; pause += 1) {
    const underWay = Array.from({ length: 10 }, post);
    expect(waiting).toHaveLength(10);
    clock += 60_000;
    for (const resolve of waiting.splice(0)) resolve(answer);
    await Promise.all(underWay);
    // Awake again, the canary answers in time.
    const awake = post();
    waiting.shift()?.(DELIVERED);
    await awake;
  }
  expect(back).toEqual([]);
});

test('a share of the requests goes to the canary, of the pixels that take part', async () => {
  const draws = [0.05, 0.1, 0.5, 0.09];
  const it = canaryOf(
    { canary: () => DELIVERED, stable: () => DELIVERED },
    { share: 0.1, pixels: new Set(['1']), random: () => draws.shift() ?? 1 },
  );
  for (let n = 0; n < 4; n += 1) await it.post('1');
  await it.post('2');
  expect(it.asked).toEqual(['canary 1', 'stable 1', 'stable 1', 'canary 1', 'stable 2']);
  // A pixel that takes no part is counted for neither.
  expect(it.told).toEqual([
    'canary 1 delivered',
    'stable 1 delivered',
    'stable 1 delivered',
    'canary 1 delivered',
  ]);
  it.client.close();
  expect(it.asked.slice(-2)).toEqual(['stable closed', 'canary closed']);
});

test.each([
  ['a version that is served takes its share', 'v26.0', 10, 0],
  ['a version that does not exist costs no event', 'v99.0', 0, 1],
])('over HTTP, %s', async (_name, version, byCanary, backs) => {
  const sandbox = await openSandbox();
  const options = { url: sandbox.url, timeoutMs: 60_000, gzip: false };
  const told: string[] = [];
  const back: string[] = [];
  const client = createCanaryClient(
    createGraphClient({ ...options, version: 'v25.0' }),
    createGraphClient({ ...options, version }),
    {
      share: 1,
      pixels: null,
      onAnswer: (role, _pixel, outcome) => void told.push(`${role} ${outcome}`),
      onBack: (reason) => void back.push(reason),
      // However slow the machine is.
      now: () => 0,
    },
  );
  try {
    for (let n = 0; n < 10; n += 1) {
      const body = Buffer.from(JSON.stringify({ data: [sampleEvent({ event_id: `e-${n}` })] }));
      const answer = await client.post(PIXEL, TOKEN, body, new AbortController().signal);
      expect(answer).toMatchObject({ kind: 'answered', status: 200 });
    }
    expect(told.filter((each) => each === 'canary delivered')).toHaveLength(byCanary);
    expect(back).toHaveLength(backs);
    expect(await sandbox.state()).toMatchObject({ accepted: 10, unique: 10, duplicates: 0 });
  } finally {
    client.close();
    await sandbox.close();
  }
});
