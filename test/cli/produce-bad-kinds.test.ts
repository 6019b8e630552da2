import { describe, expect, test } from '@jest/globals';
import { BAD_KINDS, type BadKindName } from '#cli/produce/bad-kinds.ts';
import { type GeneratedMessage, generateMessages } from '#cli/produce/generator.ts';

const START = Date.parse('2026-11-23T10:00:00.000Z');
const NAMES = Object.keys(BAD_KINDS) as BadKindName[];

function generate(badShare: number, count: number) {
  const generator = generateMessages({ seed: 'bad', startMs: START, sources: ['shop'], badShare });
  return { messages: generator.take(count), counts: generator.counts };
}

function isObject(value: Buffer): boolean {
  try {
    const parsed: unknown = JSON.parse(value.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

const { messages, counts } = generate(1, 4_000);

function of(kind: BadKindName): GeneratedMessage[] {
  return messages.filter((message) => message.kind === kind);
}

test.each([0, 0.01, 0.3, 1])('a share of %d is kept', (share) => {
  const made = generate(share, 10_000);
  const bad = made.messages.filter(({ kind }) => kind !== 'good').length;
  expect(Math.abs(bad / 10_000 - share)).toBeLessThan(0.02 * share + 0.002);
  expect(made.counts.kinds.good ?? 0).toBe(10_000 - bad);
});

test('every kind occurs, too_large hardly ever', () => {
  expect(Object.keys(counts.kinds).sort()).toEqual(NAMES.toSorted());
  for (const name of NAMES) {
    const count = counts.kinds[name] ?? 0;
    if (name === 'too_large') expect(count).toBeLessThan(60);
    else expect(count).toBeGreaterThan(100);
  }
});

test('what is counted is what was made', () => {
  for (const name of NAMES) expect(counts.kinds[name]).toBe(of(name).length);
  expect(counts.messages).toBe(messages.length);
  expect(counts.sources['shop']).toEqual({
    good: 0,
    all: messages.filter(({ source }) => source === 'shop').length,
  });
});

test('message ids stay distinct among good and bad ones', () => {
  const readable = generate(0.5, 5_000).messages.filter(({ source }) => source !== null);
  const ids = readable.map(({ value }) => JSON.parse(value.toString())['messageId'] as string);
  expect(new Set(ids).size).toBe(ids.length);
});

describe('what cannot be read', () => {
  test.each(['not_json', 'truncated_json', 'not_an_object', 'empty', 'binary'] as const)(
    '%s is no JSON object',
    (kind) => {
      for (const { value, source } of of(kind)) {
        expect(isObject(value)).toBe(false);
        expect(source).toBeNull();
      }
    },
  );

  test('binary rubbish is no UTF-8, and one line', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    for (const { value } of of('binary')) {
      expect(() => decoder.decode(value)).toThrow();
      expect(value.includes(0x0a)).toBe(false);
    }
  });

  test('too_large is an event of just over a mebibyte', () => {
    for (const { value } of of('too_large')) {
      expect(isObject(value)).toBe(true);
      expect(value.length).toBeGreaterThan(1_048_576);
      expect(value.length).toBeLessThan(1_048_576 + 1_024);
    }
  });
});

test.each(NAMES.filter((name) => BAD_KINDS[name].readable))(
  '%s is a JSON object that names its shop',
  (name) => {
    for (const { value, source } of of(name)) {
      expect(JSON.parse(value.toString('utf8'))).toMatchObject({ context: { source: 'shop' } });
      expect(source).toBe('shop');
    }
  },
);
