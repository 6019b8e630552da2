import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Outcome } from '#core/outcome/answer.ts';
import { classify } from '#core/outcome/classify.ts';
import { outcomesPage } from '#core/outcome/outcomes-page.ts';
import type { Consequence } from '#core/outcome/rules.ts';
import { CODE_RULES, STATUS_RULES } from '#core/outcome/rules.ts';
import { requestMembers } from '#core/record/request-members.ts';
import { createGraphClient, type GraphClient } from '#graph/client.ts';
import { openSandbox, PIXEL, type SandboxClient, TOKEN } from '#test/sandbox/client.ts';
import { sampleBody } from '#test/sandbox/sample-event.ts';
import { requestSettings } from '#test/support/request-settings.ts';

const BODY = Buffer.from('{"data":[]}');
let sandbox: SandboxClient;
let client: GraphClient;

beforeAll(async () => {
  sandbox = await openSandbox();
  client = createGraphClient({ url: sandbox.url, version: 'v25.0', timeoutMs: 5000, gzip: false });
});

afterAll(async () => {
  client.close();
  await sandbox.close();
});

/** What the worker makes of the sandbox's answer when that is told to misbehave. */
async function outcomeOf(behaviour: Record<string, unknown>): Promise<Outcome> {
  const told = await sandbox.behave({ pixel: PIXEL, times: 1, ...behaviour });
  expect(told.status).toBe(200);
  const answer = await client.post(PIXEL, TOKEN, BODY, new AbortController().signal);
  return classify(answer, Date.now(), TOKEN);
}

function kindOf(consequence: Consequence): Outcome['kind'] {
  return consequence === 'tooLarge' ? 'rejected' : consequence;
}

function ends(range: number | readonly [number, number]): readonly number[] {
  return typeof range === 'number' ? [range] : range;
}

describe('every code', () => {
  const rows = CODE_RULES.flatMap((rule) => ends(rule.code).map((code) => ({ ...rule, code })));

  test.each(rows)('$code/$subcode: $meaning', async ({ code, subcode, says, consequence }) => {
    const message = says?.[0] ?? 'no';
    const error = { code, ...(subcode === null ? {} : { subcode }), message };
    const outcome = await outcomeOf({ kind: 'status', status: 400, ...error });
    expect(outcome).toMatchObject({
      kind: kindOf(consequence),
      refusal: { status: 400, code, subcode: subcode ?? null, message },
    });
    expect((outcome as { refusal: { traceId: string } }).refusal.traceId).toMatch(/^A/);
    if (outcome.kind === 'rejected') expect(outcome.tooLarge).toBe(consequence === 'tooLarge');
  });

  test.each(rows)('$code/$subcode, marked transient', async ({ code, subcode, consequence }) => {
    const error = { code, ...(subcode === null ? {} : { subcode }), transient: true };
    const outcome = await outcomeOf({ kind: 'status', status: 400, ...error });
    expect(outcome.kind).toBe(consequence === 'throttled' ? 'throttled' : 'retry');
  });
});

describe('every status without a code', () => {
  const rows = STATUS_RULES.flatMap((rule) =>
    ends(rule.status).map((status) => ({ ...rule, status })),
  ).filter(
    ({ status, consequence }) => (status !== 400 && status !== 499) || consequence !== 'rejected',
  );

  test.each(rows)('$status: $meaning', async ({ status, consequence }) => {
    for (const body of ['html', 'empty']) {
      if (body === 'html' && (status === 204 || status === 304)) continue;
      const outcome = await outcomeOf({ kind: 'status', status, body });
      expect(outcome.kind).toBe(kindOf(consequence));
    }
  });

  test.each([400, 402, 418, 422, 451, 499])('%i is refused, and so isolated', async (status) => {
    expect((await outcomeOf({ kind: 'status', status, body: 'html' })).kind).toBe('rejected');
  });
});

describe('undocumented codes', () => {
  test.each([
    [400, 'rejected'],
    [403, 'blocked'],
    [429, 'throttled'],
    [500, 'retry'],
    [503, 'retry'],
  ])('under %i: %s', async (status, kind) => {
    const outcome = await outcomeOf({ kind: 'status', status, code: 987_654, subcode: 31_337 });
    expect(outcome.kind).toBe(kind);
  });
});

describe('what the sandbox does of its own', () => {
  test.each([
    ['a throttle', { kind: 'throttle', regainMinutes: 3 }, { kind: 'throttled', waitMs: 180_000 }],
    [
      'a throttle that says when',
      { kind: 'throttle', code: 4, regainMinutes: 0, retryAfterSeconds: 7 },
      { kind: 'throttled', waitMs: 7000 },
    ],
    ['an expired token', { kind: 'token_expired' }, { kind: 'blocked' }],
    ['a missing permission', { kind: 'permission' }, { kind: 'blocked' }],
    ['a transient error', { kind: 'transient' }, { kind: 'retry', unknown: false }],
    ['an answer that is cut off', { kind: 'truncate', when: 'before_judging' }, { kind: 'retry' }],
    ['a reset', { kind: 'reset' }, { kind: 'retry', unknown: true }],
  ])('%s', async (_name, behaviour, outcome) => {
    expect(await outcomeOf(behaviour)).toMatchObject(outcome);
  });
});

describe('an app that requires a proof of its secret', () => {
  const askWith = async (appSecret: string | null) => {
    const members = requestMembers(requestSettings(TOKEN, { appSecret }));
    const body = Buffer.from(`${JSON.stringify(sampleBody(1)).slice(0, -1)}${members}}`);
    const answer = await client.post(PIXEL, TOKEN, body, new AbortController().signal);
    return classify(answer, Date.now(), TOKEN).kind;
  };

  afterAll(() => sandbox.request('POST', '/_sandbox/tokens', { pixel: PIXEL, appSecret: null }));

  test('blocks the pixel until its secret is right, and rejects no event', async () => {
    await sandbox.request('POST', '/_sandbox/tokens', { pixel: PIXEL, appSecret: 'right' });
    expect(await askWith(null)).toBe('blocked');
    expect(await askWith('wrong')).toBe('blocked');
    expect(await askWith('right')).toBe('delivered');
  });
});

test('docs/outcomes.md is in step with the tables', () => {
  const written = readFileSync(join(import.meta.dirname, '../../docs/outcomes.md'), 'utf8');
  expect(written).toBe(outcomesPage());
});
