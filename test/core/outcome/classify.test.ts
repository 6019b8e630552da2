import { describe, expect, test } from '@jest/globals';
import type { GraphAnswer } from '#core/outcome/answer.ts';
import { classify } from '#core/outcome/classify.ts';
import { CODE_RULES, STATUS_RULES } from '#core/outcome/rules.ts';

const TOKEN = 'the-token';
const NOW = Date.parse('2026-11-20T10:00:00Z');

function answered(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): GraphAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { kind: 'answered', status, headers, body: text };
}

function refusing(status: number, error: Record<string, unknown>): GraphAnswer {
  return answered(status, { error: { message: 'no', type: 'OAuthException', ...error } });
}

describe('an answer becomes an outcome', () => {
  test.each([
    ['success', answered(200, { events_received: 3, messages: [] }), 'delivered'],
    ['a page of a proxy with status 200', answered(200, '<html>login</html>'), 'retry'],
    ['an empty success', answered(200, ''), 'retry'],
    ['a success that is cut off', answered(200, '{"events_rec'), 'retry'],
    ['an error under status 200', refusing(200, { code: 190 }), 'blocked'],
    ['an invalid parameter', refusing(400, { code: 100, error_subcode: 2804003 }), 'rejected'],
    ['an unknown pixel', refusing(400, { code: 100, error_subcode: 33 }), 'blocked'],
    ['an expired token', refusing(400, { code: 190, error_subcode: 463 }), 'blocked'],
    ['a missing permission', refusing(403, { code: 200 }), 'blocked'],
    ['a rate limit under status 400', refusing(400, { code: 80004 }), 'throttled'],
    ['a transient rate limit', refusing(400, { code: 4, is_transient: true }), 'throttled'],
    ['a transient error of any code', refusing(400, { code: 100, is_transient: true }), 'retry'],
    ['status 429 without an envelope', answered(429, ''), 'throttled'],
    ['a bad gateway in HTML', answered(502, '<h1>Bad Gateway</h1>'), 'retry'],
    ['an unknown code under 400', refusing(400, { code: 987654 }), 'rejected'],
    ['an unknown code under 500', refusing(500, { code: 987654 }), 'retry'],
    ['a redirect', answered(302, ''), 'retry'],
    ['a body that is too large', answered(413, ''), 'rejected'],
  ])('%s', (_name, answer, kind) => {
    expect(classify(answer, NOW, TOKEN).kind).toBe(kind);
  });

  test.each(CODE_RULES)('code $code, subcode $subcode: $meaning', (rule) => {
    const code = typeof rule.code === 'number' ? rule.code : rule.code[1];
    const message = rule.says?.at(-1) ?? 'no';
    const error = { code, error_subcode: rule.subcode, message };
    const outcome = classify(refusing(400, error), NOW, TOKEN);
    const expected = rule.consequence === 'tooLarge' ? 'rejected' : rule.consequence;
    expect(outcome.kind).toBe(expected);
  });

  test('an event that quotes the words about the app secret blocks nothing', () => {
    const quoted = `Unexpected key "Invalid appsecret_proof provided in the API argument" on param`;
    const answer = refusing(400, { code: 100, message: `(#100) ${quoted} "$['data'][0]".` });
    expect(classify(answer, NOW, TOKEN).kind).toBe('rejected');
  });

  test.each(STATUS_RULES)('status $status alone', (rule) => {
    const status = typeof rule.status === 'number' ? rule.status : rule.status[1];
    const expected = rule.consequence === 'tooLarge' ? 'rejected' : rule.consequence;
    expect(classify(answered(status, ''), NOW, TOKEN).kind).toBe(expected);
  });

  test.each([
    ['timeout', true],
    ['network', false],
  ] as const)('no answer (%s): unknown is %s', (cause, sent) => {
    const outcome = classify({ kind: 'unanswered', cause, sent, code: 'X' }, NOW, TOKEN);
    expect(outcome).toMatchObject({ kind: 'retry', unknown: sent });
  });
});

describe('how long a throttled lane waits', () => {
  test.each([
    ['nothing said', {}, null],
    ['seconds', { 'retry-after': '90' }, 90_000],
    ['a date', { 'retry-after': 'Fri, 20 Nov 2026 10:02:00 GMT' }, 120_000],
    ['nothing', { 'retry-after': '' }, null],
    ['zero', { 'retry-after': '0' }, 0],
    ['zero with a blank', { 'retry-after': ' 0 ' }, 0],
    ['a fraction', { 'retry-after': '0.25' }, 250],
    ['a negative number', { 'retry-after': '-5' }, null],
    ['minus nothing', { 'retry-after': '-0' }, null],
    ['a number in another form', { 'retry-after': '1e3' }, null],
    ['a number that is not one', { 'retry-after': 'Infinity' }, null],
    ['hexadecimal', { 'retry-after': '0x10' }, null],
    ['a year', { 'retry-after': 'AD 2030' }, null],
    ['two numbers', { 'retry-after': '1, 2' }, null],
    ['a week', { 'retry-after': '604800' }, 3_600_000],
    ['an age', { 'retry-after': '999999999999999' }, 3_600_000],
    ['a date in a week', { 'retry-after': 'Fri, 27 Nov 2026 10:00:00 GMT' }, 3_600_000],
    ['a date in the form of C', { 'retry-after': 'Fri Nov 20 10:01:00 2026 GMT' }, 60_000],
    ['just now', { 'retry-after': 'Fri, 20 Nov 2026 10:00:00 GMT' }, 0],
    ['a day that is none', { 'retry-after': 'Fri, 99 Nov 2026 10:00:00 GMT' }, null],
    ['a date that has passed', { 'retry-after': 'Fri, 20 Nov 2026 09:00:00 GMT' }, null],
    ['nonsense', { 'retry-after': 'soon' }, null],
    [
      'minutes in the usage header',
      { 'x-business-use-case-usage': '{"1":[{"estimated_time_to_regain_access":5}]}' },
      300_000,
    ],
    ['more than an hour', { 'retry-after': '86400' }, 3_600_000],
  ])('%s', (_name, headers, waitMs) => {
    const outcome = classify(answered(429, '', headers), NOW, TOKEN);
    expect(outcome).toMatchObject({ kind: 'throttled', waitMs });
  });
});

describe('what is kept of a refusal', () => {
  test('code, subcode, trace and the place that Meta names', () => {
    const message = `Unexpected key "fbc" on param "$['data'][7]".`;
    const answer = refusing(400, {
      message,
      code: 100,
      error_subcode: 2804001,
      fbtrace_id: 'AbC',
      error_user_msg: 'Fix it.',
    });
    const outcome = classify(answer, NOW, TOKEN);
    expect(outcome).toMatchObject({
      kind: 'rejected',
      refusal: {
        code: 100,
        subcode: 2804001,
        traceId: 'AbC',
        index: 7,
        message: `${message} Fix it.`,
      },
    });
  });

  test('not the personal values that Meta repeats', () => {
    const hash = 'ab'.repeat(32);
    const answer = refusing(400, { message: `bad ${hash} of jane.roe@example.com`, code: 100 });
    expect(JSON.stringify(classify(answer, NOW, TOKEN))).toContain('bad [removed] of [removed]');
  });

  test.each([
    ['198.51.100.7', true],
    ['2001:db8::8a2e:370:7334', true],
    ['2001:db8:0:0:0:0:0:1', true],
    ['fb.1.1763892000000.IwAR2F4_dbP0l7', true],
    ['https://shop.example.com/?email=x', true],
    ['https://developers.facebook.com/docs/marketing-api', false],
    ["$['data'][3]", false],
    ['v25.0', false],
    ['at 10:15:30', false],
  ])('of %s in its words: removed is %s', (quoted, removed) => {
    const body = JSON.stringify({ error: { code: 100, message: `not ${quoted} please` } });
    const answer = { kind: 'answered', status: 400, headers: {}, body } as const;
    const outcome = JSON.stringify(classify(answer, NOW, TOKEN));
    expect(outcome).toContain(`not ${removed ? '[removed]' : quoted} please`);
  });
});
