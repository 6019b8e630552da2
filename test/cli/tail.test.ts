import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { renderLine } from '#cli/tail/rendering.ts';
import { PixelNames } from '#core/pixel-names.ts';
import type { AnswerLine, TailLine } from '#store/delivery/tail.ts';

const NAMES = new PixelNames([{ pixelId: '1234567890', name: 'EU shop' }]);

const AT = Date.parse('2026-11-20T10:20:31.123Z');

const DELIVERED: AnswerLine = {
  ...{ kind: 'answer', at: AT, pixel: '1234567890', events: 1000, outcome: 'delivered' },
  ...{ status: 200, cause: null, code: null, subcode: null, traceId: 'AbC' },
  ...{ ms: 286, oldest: 3, newest: 0 },
};

function rendered(line: TailLine, columns = Number.POSITIVE_INFINITY): string {
  return stripVTControlCharacters(renderLine(line, NAMES, columns));
}

test.each<[string, TailLine, string]>([
  [
    'what was delivered',
    DELIVERED,
    'delivered  EU shop (1234567890)  1,000 events  286 ms  oldest 3 s  trace AbC',
  ],
  [
    'a batch',
    { kind: 'batch', at: AT, pixel: '9', events: 1, trigger: 'linger' },
    'batch      9  1 event  released by linger',
  ],
  [
    'a refusal, with what its code means',
    { ...DELIVERED, outcome: 'blocked', status: 400, code: 190, subcode: 463 },
    'blocked    EU shop (1234567890)  1,000 events  286 ms  oldest 3 s  code 190/463  trace AbC  → the token expired, was revoked or is wrong (subcodes 458, 459, 460, 463, 464, 467, 492 say which)',
  ],
  [
    'no answer',
    { ...DELIVERED, outcome: 'retry', status: null, cause: 'timeout', traceId: null, oldest: null },
    'retry      EU shop (1234567890)  1,000 events  286 ms  no answer (timeout)',
  ],
  [
    'what had no room',
    { kind: 'dropped', at: AT, pixel: null, lines: 12 },
    '12 lines left out: a worker had more',
  ],
])('%s', (_, line, text) => {
  expect(rendered(line)).toBe(`10:20:31.123  ${text}\n`);
});

test.each([50, 80, 140])('no line is wider than a terminal of %i columns', (columns) => {
  const line = { ...DELIVERED, outcome: 'rejected', status: 400, code: 100, subcode: 2804019 };
  const lines = rendered(line, columns).trimEnd().split('\n');
  expect(Math.max(...lines.map((each) => each.length))).toBeLessThanOrEqual(columns);
  expect(lines.join(' ')).toContain('code 100/2804019');
});

describe('what Redis holds', () => {
  test.each<[string, TailLine]>([
    ['a pixel', { ...DELIVERED, pixel: '\u001b[2J' }],
    ['an outcome', { ...DELIVERED, outcome: '\u001b[2J' }],
    ['a trace', { ...DELIVERED, traceId: '\u001b[2J' }],
    ['a time', { ...DELIVERED, at: Number.POSITIVE_INFINITY }],
    ['an outcome that is a name of objects', { ...DELIVERED, outcome: 'constructor' }],
  ])('%s may be anything', (_, line) => {
    expect(rendered(line)).not.toContain('\u001b');
  });
});
