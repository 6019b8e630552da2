import { describe, expect, test } from '@jest/globals';
import { ACTION_SOURCES } from '#core/event/server-event.ts';
import { browser, delivered, outcome, track } from './mapped.ts';

describe('action_source', () => {
  test.each(ACTION_SOURCES)('%s', (source) => {
    const ofChat = { messaging_channel: 'messenger', page_id: '1', page_scoped_user_id: '2' };
    const properties = { action_source: source, value: 1, ...ofChat };
    const { plain } = delivered(track({ event: 'Purchase', properties }));
    expect(plain.action_source).toBe(source);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['website by default', {}, 'website'],
    ['in snake case', { action_source: 'email' }, 'email'],
    ['in camel case', { actionSource: 'phone_call' }, 'phone_call'],
    ['snake case first', { action_source: 'chat', actionSource: 'email' }, 'chat'],
    ['in any case, with spaces', { action_source: ' Physical_Store ' }, 'physical_store'],
    ['nothing is the default', { action_source: null, actionSource: ' ' }, 'website'],
  ])('%s', (_case, properties, expected) => {
    const { plain, custom } = delivered(track({ properties }));
    expect(plain.action_source).toBe(expected);
    expect(custom).toEqual({});
  });

  test('the default is a setting', () => {
    const { plain } = delivered(track(), { defaultActionSource: 'system_generated' });
    expect(plain.action_source).toBe('system_generated');
  });

  test.each(['web', 'offline', 5, true, {}, ['website']])('%j is refused', (source) => {
    const event = track({ properties: { action_source: source } });
    expect(outcome(event)).toBe('reject invalid_action_source');
  });
});

describe('what website events need', () => {
  const bare = track({ context: {} });

  test('they are sent without it, with warnings', () => {
    const { plain, warnings } = delivered(bare);
    expect(plain).not.toHaveProperty('event_source_url');
    expect(warnings).toEqual([
      'missing_user_agent context.userAgent',
      'missing_source_url context.page.url',
    ]);
  });

  test('a setting refuses them', () => {
    const requireWebsiteContext = true;
    expect(outcome(bare, { requireWebsiteContext })).toBe('reject missing_website_context');
    expect(outcome(track(), { requireWebsiteContext })).toBe('deliver');
  });

  test('other events do not need it', () => {
    const event = track({ context: {}, properties: { action_source: 'email' } });
    expect(delivered(event, { requireWebsiteContext: true }).warnings).toEqual([]);
  });
});

describe('addresses', () => {
  const sourceUrl = (url: unknown) => delivered(track({ context: browser({ page: { url } }) }));

  test.each([
    ['as it is', 'https://Shop.example/A?b=C#d'],
    ['with parameters of campaigns', 'https://shop.example/?utm_source=x&fbclid=AbC&gclid=1'],
    ['with an at sign that is no address', 'https://medium.example/@user/post.html'],
  ])('event_source_url: %s', (_case, url) => {
    const { plain, warnings } = sourceUrl(url);
    expect(plain.event_source_url).toBe(url);
    expect(warnings).toEqual([]);
  });

  test('outer spaces go', () => {
    expect(sourceUrl('  https://shop.example/ ').plain.event_source_url).toBe(
      'https://shop.example/',
    );
  });

  test.each([
    'about:blank',
    'shop.example/a',
    'file:///a',
    'https://',
    'https:// x',
    5,
    {},
    `https://shop.example/${'a'.repeat(8200)}`,
  ])('no address, so not sent: %j', (url) => {
    const { plain, warnings } = sourceUrl(url);
    expect(plain).not.toHaveProperty('event_source_url');
    expect(warnings).toContain('invalid_url context.page.url');
  });

  test.each([
    ['an e-mail', '?email=jo%40x.com&a=1', '?email=_removed_&a=1'],
    ['an e-mail under any name', '?who=jo@x.com', '?who=_removed_'],
    ['a name', '?a=1&first_name=Jo', '?a=1&first_name=_removed_'],
    ['in the fragment', '#phone=123', '#phone=_removed_'],
    ['in the path', 'u/jo@x.com/a?b=1', 'u/_removed_/a?b=1'],
    ['in the path, encoded', 'u/jo%40x.com', 'u/_removed_'],
    ['without a name', '?jo@x.com', ''],
    ['that cannot be decoded', '?q=%E0%A4%A&e=jo%40x.com', '?q=%E0%A4%A&e=_removed_'],
    ['of nothing', '?email=&a=1', '?email=&a=1'],
  ])('personal data does not stay in it: %s', (_case, given, expected) => {
    const { plain } = sourceUrl(`https://shop.example/${given}`);
    expect(plain.event_source_url).toBe(`https://shop.example/${expected}`);
  });

  test('a password does not stay in it', () => {
    const { plain, warnings } = sourceUrl('https://jo:secret@shop.example/a');
    expect(plain.event_source_url).toBe('https://shop.example/a');
    expect(warnings).toEqual(['personal_data_removed context.page.url']);
  });

  test.each<[string, Record<string, unknown>, string | undefined]>([
    ['of the page', {}, 'https://search.example/'],
    ['of the event', { referrer_url: 'https://ads.example/' }, 'https://ads.example/'],
  ])('referrer_url %s', (_case, properties, expected) => {
    const page = { url: 'https://shop.example/', referrer: 'https://search.example/' };
    const { plain, custom } = delivered(track({ context: browser({ page }), properties }));
    expect(plain.referrer_url).toBe(expected);
    expect(custom).toEqual({});
  });

  test('no referrer is nothing to warn about', () => {
    const page = { url: 'https://shop.example/', referrer: '' };
    expect(delivered(track({ context: browser({ page }) })).warnings).toEqual([]);
  });
});

describe('other fields', () => {
  test.each<[unknown, string | undefined]>([
    ['m-1', 'm-1'],
    [' m-1 ', 'm-1'],
    [17, '17'],
    ['', undefined],
    ['undefined', undefined],
    [undefined, undefined],
    [{}, undefined],
  ])('event_id is the messageId: %j', (messageId, expected) => {
    const { plain, warnings } = delivered(track({ messageId }));
    expect(plain.event_id).toBe(expected);
    expect(warnings).toEqual(expected === undefined ? ['missing_event_id messageId'] : []);
  });

  test('a messageId with an e-mail address is hashed', () => {
    const { plain, warnings } = delivered(track({ messageId: 'order-jo@x.com' }));
    expect(plain.event_id).toMatch(/^[0-9a-f]{64}$/);
    expect(warnings).toEqual(['personal_data_removed messageId']);
  });

  test.each<[Record<string, unknown>, boolean | undefined, string[]]>([
    [{ opt_out: true }, true, []],
    [{ optOut: 'false' }, false, []],
    [{ opt_out: 'TRUE' }, true, []],
    [{ opt_out: 1 }, true, []],
    [{ opt_out: '0' }, false, []],
    [{ opt_out: false, optOut: true }, false, []],
    [{ opt_out: 'perhaps' }, undefined, ['invalid_opt_out properties.opt_out']],
    [{}, undefined, []],
  ])('opt_out: %j', (properties, expected, warned) => {
    const { plain, custom, warnings } = delivered(track({ properties }));
    expect(plain.opt_out).toBe(expected);
    expect(custom).toEqual({});
    expect(warnings).toEqual(warned);
  });

  test('user_data is the last key, and the event is plain JSON', () => {
    const { plain } = delivered(track({ properties: { a: 1 } }));
    expect(Object.keys(plain).at(-1)).toBe('user_data');
    expect(JSON.parse(JSON.stringify(plain))).toEqual(plain);
  });
});
