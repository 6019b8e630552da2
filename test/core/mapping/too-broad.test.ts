import { describe, expect, test } from '@jest/globals';
import { isTooBroad } from '#core/user-data/too-broad.ts';
import { outcome, track } from './mapped.ts';

const FIELDS = new Set([
  'client_user_agent',
  'client_ip_address',
  'fbc',
  'fbp',
  'madid',
  'lead_id',
]);

/** Whether fields, named with plus signs as in Meta's list, are too broad. */
function judged(names: string): boolean {
  const fields = names.split(' + ').filter((name) => name !== '');
  const user = fields.filter((name) => FIELDS.has(name) || name.startsWith('pa'));
  const personal = fields.filter((name) => !user.includes(name));
  const object = (list: string[]) => Object.fromEntries(list.map((name) => [name, 'x']));
  return isTooBroad(object(personal), object(user));
}

describe('too broad', () => {
  test.each([
    ['nothing', ''],
    ["Meta's first", 'ct + country + st + zp + ge + client_user_agent'],
    ["Meta's second", 'db + client_user_agent'],
    ["Meta's third", 'fn + ge'],
    ["Meta's fourth", 'ln + ge'],
    ["Meta's example", 'ge + ct + st + country'],
    ['a part of one', 'client_user_agent'],
    ['a part of one', 'zp'],
    ['a part of one', 'db'],
    ['a part of one', 'fn'],
    ['a partner, but no person', 'partner_id + partner_name'],
    ['a page, but no person', 'page_id + country'],
  ])('%s: %s', (_case, names) => expect(judged(names)).toBe(true));

  test.each([
    'em',
    'ph',
    'external_id',
    'fbc',
    'fbp',
    'madid',
    'lead_id',
    'client_ip_address + client_user_agent',
    'client_ip_address',
    'fn + ln',
    'fn + ln + zp',
    'fn + zp',
    'fn + db',
    'db + ln',
    'ph + country',
    'em + ge + ct',
    'db + ge',
    'db + country + zp',
    'fn + country',
    'fn + ge + client_user_agent',
  ])('not too broad: %s', (names) => expect(judged(names)).toBe(false));

  test('such an event is refused before it can sink a batch', () => {
    const event = track({ userId: undefined });
    expect(outcome(event)).toBe('reject missing_user_data');
    expect(outcome({ ...event, anonymousId: 'a' })).toBe('deliver');
  });
});
