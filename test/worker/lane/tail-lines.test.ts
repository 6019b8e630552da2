import { expect, test } from '@jest/globals';
import type { GraphAnswer } from '#core/outcome/answer.ts';
import { classify } from '#core/outcome/classify.ts';
import { recordAt } from '#test/support/batch-sending.ts';
import { answerLine } from '#worker/lane/tail-lines.ts';

const TOKEN = 'the-token';

function lineOf(answer: GraphAnswer, timestamps: readonly number[] = []) {
  const records = timestamps.map((kafkaTimestamp, at) => ({ ...recordAt(at), kafkaTimestamp }));
  const outcome = classify(answer, Date.now(), TOKEN);
  return answerLine('1', { records, answer, outcome, ms: 12.3, token: TOKEN });
}

function answered(status: number, body: object): GraphAnswer {
  return { kind: 'answered', status, headers: {}, body: JSON.stringify(body) };
}

test('what Meta accepted has its trace and the ages of its events', () => {
  const now = Date.now();
  const line = lineOf(answered(200, { events_received: 2, fbtrace_id: 'AbC' }), [
    now - 60_000,
    -1,
    now + 99_000,
  ]);
  expect(line).toMatchObject({ outcome: 'delivered', status: 200, traceId: 'AbC', ms: 12 });
  expect(line).toMatchObject({ events: 3, code: null, newest: 0 });
  expect(line.oldest).toBeGreaterThanOrEqual(60);
});

test('what Meta refused has its code, and none of its words', () => {
  const error = { code: 190, error_subcode: 463, message: 'jane@example.com', fbtrace_id: 'X' };
  const line = lineOf(answered(400, { error }), [-1]);
  expect(line).toMatchObject({ outcome: 'blocked', code: 190, subcode: 463, traceId: 'X' });
  expect(line).toMatchObject({ oldest: null, newest: null });
  expect(JSON.stringify(line)).not.toContain('jane');
});

test('a request without an answer has its cause', () => {
  const line = lineOf({ kind: 'unanswered', cause: 'timeout', sent: true, code: 'ETIMEDOUT' });
  expect(line).toMatchObject({ outcome: 'retry', status: null, cause: 'timeout', code: null });
});
