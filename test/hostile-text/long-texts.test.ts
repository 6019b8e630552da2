import { expect, test } from '@jest/globals';
import { fingerprint } from '#core/dead-letter/groups.ts';
import { classify } from '#core/outcome/classify.ts';
import { withoutEmails } from '#core/privacy/personal-data.ts';
import { safeText } from '#process/redact.ts';

const MIB = 1024 * 1024;
const RUNS = ['a', '1', '@', ':', '/', '.', '"', '“', 'a@', 'a.', 'fb.1.1', '::', "['a']", 'EAA'];

/** An answer in which Meta says this. */
function answering(message: string) {
  const body = JSON.stringify({ error: { code: 100, message, error_user_msg: message } });
  return { kind: 'answered', status: 400, headers: {}, body } as const;
}

test.each(RUNS)('%j, a million times, is read, and little of it is kept', (run) => {
  const text = run.repeat(Math.ceil(MIB / run.length));
  const outcome = classify(answering(text), 0, 'the-token');
  expect(outcome).toMatchObject({ kind: 'rejected', refusal: { code: 100 } });
  expect(JSON.stringify(outcome).length).toBeLessThan(2000);
  expect(safeText(text).length).toBeLessThan(10_000);
  expect(fingerprint(text).length).toBeLessThanOrEqual(120);
  expect(withoutEmails(text).length).toBeLessThanOrEqual(text.length * 10);
});

test.each([
  ['jane.roe@example.com', 'jane'],
  [`${'a'.repeat(100)}jane@example.com`, 'jane'],
  ['198.51.100.7', '198.51'],
  ['2001:db8::8a2e:370:7334', '8a2e'],
  ['fb.1.1763892000000.IwAR2F4', 'IwAR'],
  ['f'.repeat(64), 'ffff'],
  ['the-token', 'the-token'],
])('nothing of %s is kept, wherever the words are cut off', (value, secret) => {
  for (let cut = 0; cut <= value.length; cut += 1) {
    // So much of it gives way to a mark that what is cut off comes into what is kept.
    const removed = `${'b'.repeat(200)}@b.example `.repeat(100).slice(-(4096 - cut - 1));
    const message = `${removed} ${value} and more`;
    const outcome = classify(answering(message), 0, 'the-token');
    const kept = JSON.stringify(outcome);
    expect(kept).toContain('[removed]');
    expect(kept).not.toContain(secret);
  }
});
