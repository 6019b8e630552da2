import { describe, expect, test } from '@jest/globals';
import { DEFAULT_PIXEL_SETTINGS, type EventRule } from '#core/event/pixel-settings.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { createPixelMapper, type PartResult } from '#core/mapping/pixel-mapper.ts';
import { NOW, track } from './mapped.ts';

const NEW = { path: 'properties.is_new_customer', equals: true };
const ALWAYS = { path: 'event', exists: true };

function rule(eventName: string | null, when: EventRule['when'] = NEW, instead = false): EventRule {
  return { when, eventName, instead, testEventCode: null };
}

function order(properties: object = { is_new_customer: true }): object {
  return track({
    event: 'Order Completed',
    messageId: 'm-1',
    properties: { revenue: 12.5, ...properties },
  });
}

/** The parts of an event, each with its name and id or its reason. */
function parts(event: unknown, ...eventRules: readonly EventRule[]): string[] {
  const map = createPixelMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', eventRules });
  const mapped = map(event, NOW);
  const results: Iterable<PartResult> =
    mapped.outcome === 'several' ? mapped.results : [{ part: undefined, result: mapped }];
  return [...results].map(({ part, result }) => {
    const which = part === undefined ? 'whole' : (part ?? 'first');
    if (result.outcome !== 'deliver') return `${which}: ${result.outcome} ${result.reason}`;
    const { event_name: name, event_id: id } = result.event.plain;
    return `${which}: ${name} ${id}`;
  });
}

describe('a rule', () => {
  test.each<[string, object, readonly EventRule[], readonly string[]]>([
    [
      'adds an event under a name and an id of its own',
      order(),
      [rule('NewCustomer')],
      ['first: Purchase m-1', 'NewCustomer: NewCustomer m-1:NewCustomer'],
    ],
    ['that does not hold adds nothing', order({}), [rule('NewCustomer')], ['whole: Purchase m-1']],
    [
      'gives a standard event in the spelling of Meta',
      order(),
      [rule(' subscribe ')],
      ['first: Purchase m-1', 'Subscribe: Subscribe m-1:Subscribe'],
    ],
    [
      'stands beside other rules, in their order, and each name comes once',
      order(),
      [rule('B'), rule('A', ALWAYS), rule('B', ALWAYS), rule('C', { not: NEW })],
      ['first: Purchase m-1', 'B: B m-1:B', 'A: A m-1:A'],
    ],
    [
      'has the same id whatever other rules hold',
      order({ is_new_customer: false }),
      [rule('B'), rule('A', ALWAYS)],
      ['first: Purchase m-1', 'A: A m-1:A'],
    ],
    [
      'may take the place of the event, which keeps its id',
      order(),
      [rule('FirstPurchase', NEW, true), rule('SecondChoice', ALWAYS, true)],
      ['whole: FirstPurchase m-1'],
    ],
    [
      'may take its place while others add to it',
      order(),
      [rule('A', ALWAYS), rule('FirstPurchase', NEW, true)],
      ['first: FirstPurchase m-1', 'A: A m-1:A'],
    ],
    [
      'adds nothing under the name that the event has already',
      order(),
      [rule('purchase'), rule('A')],
      ['first: Purchase m-1', 'A: A m-1:A'],
    ],
    [
      'adds nothing under the name that another rule gave the event',
      order(),
      [rule('A'), rule('A', ALWAYS, true)],
      ['first: A m-1'],
    ],
    [
      'may take its place under the same name',
      order(),
      [rule(null, NEW, true)],
      ['whole: Purchase m-1'],
    ],
    [
      'makes a Purchase, which needs a value, of any event',
      track({ event: 'Trial Ended', messageId: 'm-1', properties: { is_new_customer: true } }),
      [rule('purchase')],
      ['first: Trial Ended m-1', 'Purchase: reject missing_value'],
    ],
    [
      'adds its event although the first one is refused',
      order({ is_new_customer: true, revenue: null }),
      [rule('NewCustomer')],
      ['first: reject missing_value', 'NewCustomer: NewCustomer m-1:NewCustomer'],
    ],
    [
      'adds its event to one whose own name is too long',
      track({ event: 'x'.repeat(51), messageId: 'm-1' }),
      [rule('Short', ALWAYS)],
      ['first: reject name_too_long', 'Short: Short m-1:Short'],
    ],
    [
      'adds nothing to what is left out',
      { ...order(), integrations: { All: false } },
      [rule('NewCustomer')],
      ['whole: filter integration_disabled'],
    ],
    [
      'adds nothing to an event that is too old',
      { ...order(), timestamp: '2026-11-01T00:00:00Z' },
      [rule('NewCustomer')],
      ['whole: reject too_old'],
    ],
    [
      'adds nothing to an event of no person',
      { ...order(), context: {}, userId: null, anonymousId: null },
      [rule('NewCustomer')],
      ['whole: reject missing_user_data'],
    ],
  ])('%s', (_name, event, rules, expected) => {
    expect(parts(event, ...rules)).toEqual(expected);
  });

  test('sends its event with a test code, and no other', () => {
    const test = { ...rule('A'), testEventCode: 'TEST1' };
    const settings = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', eventRules: [test, rule('B')] };
    const mapped = createPixelMapper(settings)(order(), NOW);
    const results = mapped.outcome === 'several' ? [...mapped.results] : [];
    const codes = results.map(({ result }) =>
      result.outcome === 'deliver' ? result.event.testEventCode : result.reason,
    );
    expect(codes).toEqual([undefined, 'TEST1', undefined]);
  });

  test('adds no test event beside a real one of its name either: Meta counts both', () => {
    const eventRules = [{ ...rule('Purchase'), testEventCode: 'TEST1' }];
    const settings = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', eventRules };
    const mapped = createPixelMapper(settings)(order(), NOW);
    const results = mapped.outcome === 'several' ? [...mapped.results] : [];
    expect(results.map(({ part }) => part)).toEqual([null]);
  });

  test('costs no mapping before it holds, however many there are', () => {
    let made = 0;
    const eventRules = Array.from({ length: 100 }, (_, n) => {
      return rule(`Rule ${n}`, { path: 'properties.n', equals: n });
    });
    const settings = {
      ...{ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', eventRules },
      get eventMappings() {
        made += 1;
        return DEFAULT_PIXEL_SETTINGS.eventMappings;
      },
    };
    const map = createPixelMapper(settings);
    const ofPlain = made;
    expect(map(order({ n: 'none' }), NOW)).toMatchObject({ outcome: 'deliver' });
    expect(made).toBe(ofPlain);
    for (const n of [7, 7, 42]) {
      const mapped = map(order({ n }), NOW);
      expect(mapped.outcome === 'several' ? [...mapped.results] : []).toHaveLength(2);
    }
    expect(made).toBe(3 * ofPlain);
  });

  test('that makes a test event of the first makes one of what others add', () => {
    const staff = { ...rule(null, NEW, true), testEventCode: 'STAFF' };
    const own = { ...rule('B'), testEventCode: 'OWN' };
    const eventRules = [rule('A'), own, staff];
    const settings = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', eventRules };
    const mapped = createPixelMapper(settings)(order(), NOW);
    const results = mapped.outcome === 'several' ? [...mapped.results] : [];
    const codes = results.map(({ result }) =>
      result.outcome === 'deliver' ? result.event.testEventCode : result.reason,
    );
    expect(codes).toEqual(['STAFF', 'STAFF', 'OWN']);
  });

  test('of an event without an id makes none up', () => {
    const event = { ...order(), messageId: undefined };
    expect(parts(event, rule('NewCustomer'))).toEqual([
      'first: Purchase undefined',
      'NewCustomer: NewCustomer undefined',
    ]);
  });

  test('keeps an address that stands in an id hashed', () => {
    const [, added] = parts({ ...order(), messageId: 'jane@example.com' }, rule('A'));
    expect(added).toMatch(/^A: A [0-9a-f]{64}:A$/);
  });

  test('says of a refusal which event it is about', () => {
    const settings = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1', eventRules: [rule('Purchase')] };
    const event = track({ event: 'Trial Ended', properties: { is_new_customer: true } });
    const mapped = createPixelMapper(settings)(event, NOW);
    const results = mapped.outcome === 'several' ? [...mapped.results] : [];
    expect(results[1]?.result).toMatchObject({
      message: expect.stringContaining('Purchase, which eventRules add: '),
    });
  });

  test('sends everything else as the event without rules does', () => {
    const settings = { ...DEFAULT_PIXEL_SETTINGS, pixelId: '1' };
    const plain = createMapper(settings)(order(), NOW);
    const mapped = createPixelMapper({ ...settings, eventRules: [rule('A')] })(order(), NOW);
    const [first, added] = mapped.outcome === 'several' ? [...mapped.results] : [];
    expect(first?.result).toEqual(plain);
    const expected = structuredClone(plain) as { event: { plain: object } };
    Object.assign(expected.event.plain, { event_name: 'A', event_id: 'm-1:A' });
    expect(added?.result).toEqual(expected);
  });

  test.each<[string, unknown]>([
    ['no object', 7],
    ['nothing', null],
    ['a list', []],
  ])('of %s refuses it once', (_name, event) => {
    expect(parts(event, rule('A', { not: ALWAYS }))).toEqual(['whole: reject invalid_event']);
  });
});
