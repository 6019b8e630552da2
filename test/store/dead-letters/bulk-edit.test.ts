import { describe, expect, test } from '@jest/globals';
import type { DeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { READABLE_LEVELS } from '#core/event/json-text.ts';
import { writeMessage } from '#core/event/kafka-message.ts';
import type { Json } from '#core/event/track-event.ts';
import { writeRecord } from '#core/record/record.ts';
import { createLetterEditor } from '#store/dead-letters/bulk-edit/letter.ts';
import {
  applyRule,
  describeRule,
  type EditRule,
  parseEditRule,
} from '#store/dead-letters/bulk-edit/rule.ts';
import { applyEdits } from '#store/dead-letters/edit.ts';
import { facts } from '#test/control/facts.ts';

const MOST_BYTES = 400;
const NOW = Date.parse('2026-11-24T12:00:00Z');

function ruleOf(sets: readonly string[], unsets: readonly string[] = []): EditRule {
  const rule = parseEditRule(sets, unsets, MOST_BYTES);
  if (typeof rule === 'string') throw new Error(rule);
  return rule;
}

describe('a rule is refused', () => {
  test.each<[string, string[], string[], string]>([
    ['nothing to do', [], [], 'at least one place'],
    ['no equals sign', ['properties.a'], [], 'path=value'],
    ['no path', ['=1'], [], 'path=value'],
    ['an empty name', ['properties..a=1'], [], 'is no path'],
    ['an empty name to remove', [], ['properties.'], 'is no path'],
    ['too many names', [`${'a.'.repeat(READABLE_LEVELS)}b=1`], [], 'is no path'],
    ['__proto__', ['properties.__proto__.a=1'], [], 'is no place in an event'],
    ['a copy of constructor', ['properties.a=@constructor.name'], [], 'is no place in an event'],
    ['prototype, to remove', [], ['a.prototype'], 'is no place in an event'],
    [
      '__proto__ in a literal',
      ['properties.a={"b":[{"__proto__":1}]}'],
      [],
      'a name that no event',
    ],
    ['a literal that is no JSON', ['properties.currency=EUR'], [], 'is no JSON'],
    ['no literal', ['properties.currency='], [], 'is no JSON'],
    ['a deep literal', [`a=${'['.repeat(100_000)}${']'.repeat(100_000)}`], [], 'larger than'],
    ['a literal larger than an event', [`a="${'x'.repeat(MOST_BYTES)}"`], [], 'larger than'],
    ['what dates the event', ['timestamp="2026-11-20T10:00:00Z"'], [], 'cannot be changed'],
    ['what recognises a server event', [], ['clear.event_id'], 'cannot be changed'],
    ['a whole part', ['clear={}'], [], 'whole part'],
    ['places of two forms', ['properties.a=1', 'clear.b=2'], [], 'one after the other'],
    ['a copy of the other form', ['properties.a=@personal.em'], [], 'one after the other'],
    [
      'personal data in the clear',
      ['clear.custom_data.a=@personal.em'],
      [],
      'without being hashed',
    ],
    ['a swap', ['a=@b', 'b=@a'], [], 'is changed too'],
    ['a chain', ['a=@b.c', 'b.c=@d'], [], 'is changed too'],
    ['a copy of a part of itself', ['a=@a.b'], [], 'is changed too'],
    ['a copy of what loses a part', ['a=@b'], ['b.c'], 'is changed too'],
    ['set and removed', ['a.b=1'], ['a'], 'set and unset'],
  ])('%s', (_, sets, unsets, problem) => {
    expect(parseEditRule(sets, unsets, MOST_BYTES)).toContain(problem);
  });

  test('a literal that is nested too deeply', () => {
    const deep = `a=${'['.repeat(READABLE_LEVELS + 1)}${']'.repeat(READABLE_LEVELS + 1)}`;
    expect(parseEditRule([deep], [], MOST_BYTES)).toContain('nested too deeply');
  });
});

describe('a rule', () => {
  test.each<[string, EditRule, Json, unknown]>([
    [
      'copies',
      ruleOf(['properties.revenue=@properties.total']),
      { properties: { total: 5 } },
      { properties: { total: 5, revenue: 5 } },
    ],
    [
      'sets JSON',
      ruleOf(['properties.a={"b":[1,null]}']),
      {},
      { properties: { a: { b: [1, null] } } },
    ],
    ['sets null', ruleOf(['a=null']), { a: 1 }, { a: null }],
    ['sets a text that begins with @', ruleOf(['a="@b"']), {}, { a: '@b' }],
    ['moves', ruleOf(['a=@b'], ['b']), { b: 1 }, { a: 1 }],
    [
      'removes a part of a copy',
      ruleOf(['a=@b'], ['a.c']),
      { b: { c: 1, d: 2 } },
      { b: { c: 1, d: 2 }, a: { d: 2 } },
    ],
    ['sets an element', ruleOf(['l.0.p=2']), { l: [{ p: 1, q: 3 }] }, { l: [{ p: 2, q: 3 }] }],
    ['copies an element', ruleOf(['a=@l.1']), { l: [1, 2] }, { l: [1, 2], a: 2 }],
  ])('%s, and changes nothing when it is applied again', (_, rule, event, becomes) => {
    const before = JSON.stringify(event);
    const result = applyRule(event, rule);
    expect(result).toEqual({ event: becomes });
    expect(JSON.stringify(event)).toBe(before);
    const again = 'event' in result ? applyRule(result.event, rule) : null;
    expect(again).toMatchObject({ left: expect.stringMatching(/^(same|missing)$/) });
  });

  test.each<[string, EditRule, Json, object]>([
    ['nothing to copy', ruleOf(['a=@b.c']), { b: {} }, { left: 'missing', where: 'b.c' }],
    ['a null to copy', ruleOf(['a=@b']), { b: null }, { left: 'missing', where: 'b' }],
    ['what only a prototype has', ruleOf(['a=@b.toString']), { b: {} }, { left: 'missing' }],
    ['a text on the way', ruleOf(['a.b=1']), { a: 'x' }, { left: 'blocked' }],
    ['nothing to remove', ruleOf([], ['a.b.c']), {}, { left: 'same' }],
    ['the same value', ruleOf(['a=1']), { a: 1 }, { left: 'same' }],
    ['the length of a list', ruleOf(['a.length=0']), { a: [1, 2] }, { left: 'blocked' }],
    ['an element far away', ruleOf(['a.4294967290=0']), { a: [] }, { left: 'blocked' }],
    ['below an element far away', ruleOf(['a.4294967290.b=0']), { a: [] }, { left: 'blocked' }],
    ['an element to remove', ruleOf([], ['a.0']), { a: [1, 2] }, { left: 'blocked' }],
  ])('leaves an event with %s', (_, rule, event, left) => {
    expect(applyRule(event, rule)).toMatchObject(left);
  });

  test('is shown without what may be personal', () => {
    const sets = [
      'properties.currency="EUR"',
      'context.traits.email="jane@example.com"',
      'properties.a=@properties.b',
    ];
    expect(describeRule(ruleOf(sets, ['properties.coupon']))).toEqual([
      'properties.currency="EUR"',
      'context.traits.email="[text of 16]"',
      'properties.a=@properties.b',
      'unset properties.coupon',
    ]);
  });
});

describe('a dead letter is left as it is', () => {
  const content = (event: unknown): Buffer =>
    writeMessage({ key: null, value: Buffer.from(JSON.stringify(event)), headers: {} });
  const plain = {
    event_name: 'Lead',
    event_time: 1,
    event_id: 'e',
    action_source: 'email' as const,
    user_data: {},
  };
  const record = Buffer.from(
    writeRecord({ plain, personal: { em: 'a@example.com' } }, facts({}).kafka, 0),
  );
  const letter = (more: Partial<DeadLetterFacts>): DeadLetterFacts =>
    facts({ holds: 'message', horizon: null, ...more });
  test.each<[string, EditRule, DeadLetterFacts, Buffer, string | null]>([
    ['not: it can be changed', ruleOf(['a=1']), letter({}), content({}), null],
    ['a server event', ruleOf(['a=1']), letter({ holds: 'record' }), record, 'other_form'],
    ['a message', ruleOf(['clear.a=1']), letter({}), content({}), 'other_form'],
    ['no object', ruleOf(['a=1']), letter({}), content([1]), 'unreadable'],
    ['a part', ruleOf(['a=1']), letter({ truncatedFrom: 10 }), content({}), 'unreadable'],
    ['past its horizon', ruleOf(['a=1']), letter({ horizon: NOW / 1000 }), content({}), 'expired'],
    [
      'too large afterwards',
      ruleOf(['a=@b']),
      letter({}),
      content({ b: 'x'.repeat(300) }),
      'too_large',
    ],
    [
      'with a personal value that cannot be hashed',
      ruleOf(['personal.em={"a":{}}']),
      letter({ holds: 'record' }),
      record,
      'blocked',
    ],
  ])('%s', (_, rule, of, bytes, left) => {
    const result = createLetterEditor(rule, MOST_BYTES)({ facts: of, content: bytes }, NOW);
    expect('left' in result ? result.left : null).toBe(left);
  });
});

test('an edit of one event neither cuts a list nor makes a hole in it', () => {
  expect(applyEdits({ a: [1] }, [{ path: ['a', 'length'], value: 0 }])).toContain('no element');
  expect(applyEdits({ a: [1] }, [{ path: ['a', '0'], value: undefined }])).toContain(
    'cannot be removed',
  );
});
