import { describe, expect, test } from '@jest/globals';
import type { GraphAnswer } from '#core/outcome/answer.ts';
import { classify } from '#core/outcome/classify.ts';
import { explainOutcome } from '#core/outcome/explanation.ts';
import { acceptanceOf } from '#core/outcome/meta-error.ts';
import { CODE_RULES, STATUS_RULES } from '#core/outcome/rules.ts';

const TOKEN = 'EAAB-a-long-token';

function answered(status: number, body: unknown, headers = {}): GraphAnswer {
  return { kind: 'answered', status, headers, body: JSON.stringify(body) };
}

function explained(status: number, error: object, headers = {}) {
  const body = { error: { message: 'words of Meta', ...error } };
  return explainOutcome(classify(answered(status, body, headers), 0, TOKEN));
}

const first = (range: number | readonly [number, number]): number =>
  typeof range === 'number' ? range : range[0];

describe('explainOutcome', () => {
  test.each(
    CODE_RULES.map(({ code, subcode, meaning, says }) => [
      first(code),
      subcode,
      meaning,
      says?.[0] ?? 'words of Meta',
    ]),
  )('code %s/%s: %s', (code, subcode, meaning, message) => {
    const { meaning: said, todo } = explained(400, { code, error_subcode: subcode ?? 7, message });
    expect(said).toBe(meaning);
    expect(todo).toMatch(/\.$/);
  });

  test.each(STATUS_RULES.map(({ status, meaning }) => [first(status), meaning]))(
    'HTTP %s: %s',
    (status, meaning) => {
      const answer: GraphAnswer = {
        kind: 'answered',
        status: Number(status),
        headers: {},
        body: '',
      };
      expect(explainOutcome(classify(answer, 0, TOKEN)).meaning).toBe(meaning);
    },
  );

  test.each([
    [{ code: 190 }, 'Generate a new access token in Events Manager, and use that.'],
    [{ code: 100, error_subcode: 33 }, 'Correct the pixel ID, or give the token access'],
    [{ code: 200 }, "Give the token's system user permission"],
    [{ code: 275 }, "Give the token's system user permission"],
    [{ code: 10 }, "Give the token's system user permission"],
    [{ code: 2500 }, 'Correct graphApi.url.'],
    [
      { code: 100, message: 'Invalid appsecret_proof provided in the API argument' },
      'Set appSecret to the secret of the app',
    ],
    [{ code: 2 }, 'Check graphApi.url and the network, or send it again in a minute.'],
    [{ code: 4 }, 'Send it again in a few minutes.'],
    [{ code: 100, error_subcode: 2804001, message: 'Malformed fbc parameter' }, 'Correct fbc.'],
    [{ code: 100, error_subcode: 2804009 }, 'Correct the event, or the settings of the pixel.'],
  ])('%j: %s', (error, todo) => {
    expect(explained(400, error).todo).toContain(todo);
  });

  test('a wait that Meta names is said', () => {
    const { todo } = explained(400, { code: 4 }, { 'retry-after': '300' });
    expect(todo).toBe('Send it again in 5 m.');
  });

  test('a request without an answer may have been accepted', () => {
    const lost: GraphAnswer = {
      kind: 'unanswered',
      cause: 'timeout',
      sent: true,
      code: 'response',
    };
    expect(explainOutcome(classify(lost, 0, TOKEN)).todo).toContain('may have accepted it');
    const refused: GraphAnswer = { ...lost, cause: 'network', sent: false, code: 'ECONNREFUSED' };
    expect(explainOutcome(classify(refused, 0, TOKEN))).toEqual({
      meaning: 'no answer: network (ECONNREFUSED)',
      todo: 'Check graphApi.url and the network, or send it again in a minute.',
    });
  });
});

describe('acceptanceOf', () => {
  test.each([
    ['the trace id and the remarks', { fbtrace_id: 'A1', messages: ['a', 'b'] }, 'A1', ['a', 'b']],
    ['neither', {}, null, []],
    ['other types', { fbtrace_id: 7, messages: { a: 1 } }, null, []],
    ['what is no text among them', { messages: [1, 'a', null] }, null, ['a']],
    ['no address', { messages: ['of jane@example.com'] }, null, ['of [removed]']],
    ['no token', { fbtrace_id: TOKEN, messages: [`for ${TOKEN}`] }, null, ['for [removed]']],
    ['no trace id that quotes the event', { fbtrace_id: 'jane@example.com' }, null, []],
  ])('reads %s', (_name, body, traceId, messages) => {
    expect(acceptanceOf(answered(200, body), TOKEN)).toEqual({ traceId, messages });
  });

  test('bounds the number of remarks, and takes the trace id of the header', () => {
    const answer = answered(200, { messages: Array(1000).fill('x') }, { 'x-fb-trace-id': 'H' });
    const { traceId, messages } = acceptanceOf(answer, TOKEN);
    expect([traceId, messages.length]).toEqual(['H', 20]);
  });
});
