import { describe, expect, test } from '@jest/globals';
import { createAuthentication } from '#control/security/authentication.ts';

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

describe('the sender of a request', () => {
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
    ['another scheme', { authorization: 'Digest x' }, 'anonymous'],
    ['nothing', {}, 'anonymous'],
    ['a header of a proxy that there is none of', { 'x-forwarded-user': 'ada' }, 'anonymous'],
  ])('with users: %s', async (_, headers, identity) => {
    expect(await withUsers({ socket: { remoteAddress: '10.0.0.1' }, headers })).toEqual(identity);
  });

  test.each([
    ['an operator', '10.0.0.1', 'carol', { name: 'carol', role: 'operator' }],
    ['any other user', '::ffff:10.0.0.1', 'dave', { name: 'dave', role: 'viewer' }],
    ['no name', '10.0.0.1', '', 'anonymous'],
    ['an address other than the proxy', '10.0.0.2', 'carol', 'anonymous'],
  ])('behind a proxy: %s', async (_, address, name, identity) => {
    const headers = { 'x-forwarded-user': name };
    expect(await withProxy({ socket: { remoteAddress: address }, headers })).toEqual(identity);
  });

  test.each([
    ['localhost:9103', { name: 'local', role: 'operator' }],
    ['127.0.0.1:9103', { name: 'local', role: 'operator' }],
    ['[::1]', { name: 'local', role: 'operator' }],
    ['rebound.example:9103', 'foreign-host'],
    ['localhost.example', 'foreign-host'],
    ['', 'foreign-host'],
  ])('without users, by the name %j', async (host, identity) => {
    expect(await withNone({ socket: { remoteAddress: '127.0.0.1' }, headers: { host } })).toEqual(
      identity,
    );
  });
});
