import { describe, expect, test } from '@jest/globals';
import { createAuthentication } from '#control/security/authentication.ts';
import { createForgeryGuard } from '#control/security/forgery.ts';

const USERS = [
  { name: 'ada', role: 'operator', password: 'pass:word' },
  { name: 'bob', role: 'viewer', password: 'bobs' },
] as const;
const PROXY = {
  addresses: ['10.0.0.1'],
  userHeader: 'X-Forwarded-User',
  operators: ['carol'],
};

const basic = (text: string) => ({
  authorization: `Basic ${Buffer.from(text).toString('base64')}`,
});

describe('who sends a request', () => {
  const none = { users: [], proxy: null, trustedProxies: [] };
  const withUsers = createAuthentication({ ...none, users: USERS });
  const withProxy = createAuthentication({ ...none, proxy: PROXY });
  const withNone = createAuthentication(none);

  test.each([
    ['a user with a password', basic('ada:pass:word'), { name: 'ada', role: 'operator' }],
    ['a viewer', basic('bob:bobs'), { name: 'bob', role: 'viewer' }],
    ['a bearer token', { authorization: 'Bearer bobs' }, { name: 'bob', role: 'viewer' }],
    ["another user's password", basic('ada:bobs'), 'wrong'],
    ['an unknown user', basic('eve:bobs'), 'wrong'],
    ['no colon', basic('adapass'), 'wrong'],
    ['a wrong token', { authorization: 'Bearer x' }, 'wrong'],
    ['another scheme', { authorization: 'Digest x' }, 'nobody'],
    ['nothing', {}, 'nobody'],
    ['a header of a proxy that there is none of', { 'x-forwarded-user': 'ada' }, 'nobody'],
  ])('with users: %s', async (_, headers, identity) => {
    expect(await withUsers({ address: '10.0.0.1', headers })).toEqual(identity);
  });

  test.each([
    ['an operator', '10.0.0.1', 'carol', { name: 'carol', role: 'operator' }],
    ['anybody else', '::ffff:10.0.0.1', 'dave', { name: 'dave', role: 'viewer' }],
    ['nobody', '10.0.0.1', '', 'nobody'],
    ['somebody who is not the proxy', '10.0.0.2', 'carol', 'nobody'],
  ])('behind a proxy: %s', async (_, address, name, identity) => {
    const headers = { 'x-forwarded-user': name };
    expect(await withProxy({ address, headers })).toEqual(identity);
  });

  test.each([
    ['localhost:9103', { name: 'local', role: 'operator' }],
    ['127.0.0.1:9103', { name: 'local', role: 'operator' }],
    ['[::1]', { name: 'local', role: 'operator' }],
    ['rebound.example:9103', 'elsewhere'],
    ['localhost.example', 'elsewhere'],
    ['', 'elsewhere'],
  ])('without users, by the name %j', async (host, identity) => {
    expect(await withNone({ address: '127.0.0.1', headers: { host } })).toEqual(identity);
  });
});

describe('a form', () => {
  const guard = createForgeryGuard();
  const { id, setCookie } = guard.session({});
  const cookie = setCookie?.split(';')[0] ?? '';
  const token = guard.token(id, 'ada');
  const host = 'localhost:9103';

  test('the cookie stays with this site and out of scripts', () => {
    expect(setCookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(guard.session({ cookie })).toEqual({ id, setCookie: null });
  });

  test.each([
    ['of ours', { cookie, host }, token, true],
    [
      'of ours, as browsers say',
      { cookie, host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' },
      token,
      true,
    ],
    ['without a token', { cookie, host }, '', false],
    ['with the token of somebody else', { cookie, host }, guard.token(id, 'bob'), false],
    ['with the token of another browser', { cookie, host }, guard.token('x', 'ada'), false],
    ['without the cookie', { host }, token, false],
    ['from another site', { cookie, host, 'sec-fetch-site': 'cross-site' }, token, false],
    ['from another origin', { cookie, host, origin: 'https://evil.example' }, token, false],
    ['from nowhere', { cookie, host, origin: 'null' }, token, false],
  ])('%s', (_, headers, sent, genuine) => {
    expect(guard.genuine(headers, 'ada', sent)).toBe(genuine);
  });
});
