import { describe, expect, test } from '@jest/globals';
import { hashPassword } from '#config/password-hash.ts';
import { createAuthentication } from '#control/security/authentication.ts';
import { BoundedQueue } from '#control/security/bounded-queue.ts';
import { clientOf, createTrust } from '#control/security/client-address.ts';
import { LoginThrottle } from '#control/security/login-throttle.ts';

const PROXY = '10.0.0.7';
const ADA = 'password-of-ada';
const BOB = 'password-of-bob';
const USERS = [
  { name: 'ada', role: 'operator', password: ADA },
  { name: 'bob', role: 'viewer', password: BOB },
] as const;

const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});

/** The logins of a control process whose clock moves only by hand. */
function controlOf(
  users: readonly { name: string; role: 'viewer' | 'operator'; password: string }[],
) {
  let now = 1_000_000;
  const identify = createAuthentication(
    { users, proxy: null, trustedProxies: ['10.0.0.0/24', '2001:db8:ffff::/48'] },
    () => now,
  );
  return {
    pass: (ms: number) => {
      now += ms;
    },
    ask: (name: string, password: string, address = '192.0.2.1', forwarded?: string) =>
      identify({
        socket: { remoteAddress: address },
        headers: {
          ...basic(name, password),
          ...(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }),
        },
      }),
    bearer: (token: string) =>
      identify({
        socket: { remoteAddress: '192.0.2.1' },
        headers: { authorization: `Bearer ${token}` },
      }),
  };
}

type Control = ReturnType<typeof controlOf>;

async function guess(control: Control, times: number, ...where: [string?, string?]) {
  for (let n = 0; n < times; n += 1) await control.ask('ada', `wrong-${n}`, ...where);
}

describe('wrong passwords', () => {
  test('make the same client wait for the same account, ever longer, up to a minute', async () => {
    const control = controlOf(USERS);
    await guess(control, 5);
    const waits = [];
    for (let n = 0; n < 8; n += 1) {
      const refused = await control.ask('ada', ADA);
      if (typeof refused !== 'object' || !('waitMs' in refused)) throw new Error('not refused');
      waits.push(refused.waitMs);
      control.pass(refused.waitMs);
      expect(await control.ask('ada', 'wrong')).toBe('wrong');
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
    control.pass(60_000);
    expect(await control.ask('ada', ADA)).toMatchObject({ name: 'ada' });
    expect(await control.ask('ada', 'wrong')).toBe('wrong');
    expect(await control.ask('ada', ADA)).toMatchObject({ name: 'ada' });
  });

  test('of thirty requests at once no more are checked than one by one', async () => {
    const control = controlOf(USERS);
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, n) => control.ask('ada', `wrong-${n}`)),
    );
    expect(answers.filter((answer) => answer === 'wrong')).toHaveLength(5);
  });

  test.each<[string, [string, string, string?, string?]]>([
    ['another account from the same address', ['bob', BOB, '192.0.2.1']],
    ['the same account from another address', ['ada', ADA, '192.0.2.2']],
    ['the same account from behind a proxy that is trusted', ['ada', ADA, PROXY, '192.0.2.3']],
    ['the same account from another network', ['ada', ADA, '2001:db8:1:2::1']],
  ])('keep out no one else: %s', async (_, asked) => {
    const control = controlOf(USERS);
    await guess(control, 20, '192.0.2.1');
    await guess(control, 20, PROXY, '192.0.2.99');
    await guess(control, 20, '2001:db8:1:1::1');
    expect(await control.ask(...asked)).toMatchObject({ name: asked[0] });
  });

  test.each<[string, [string, string?], [string, string?]]>([
    ['one network of IPv6', ['2001:db8:1:1::1'], ['2001:db8:1:1:ffff:ffff:ffff:ffff']],
    ['an IPv4 address in both spellings', ['192.0.2.1'], ['::ffff:192.0.2.1']],
    ['what a client invents about itself', ['192.0.2.1', '1.1.1.1'], ['192.0.2.1', '2.2.2.2']],
    [
      'what is invented before a proxy',
      [PROXY, '1.1.1.1, 192.0.2.1'],
      [PROXY, '2.2.2.2,192.0.2.1'],
    ],
  ])('do not escape by %s', async (_, from, later) => {
    const control = controlOf(USERS);
    await guess(control, 5, ...from);
    expect(await control.ask('ada', ADA, ...later)).toEqual({ waitMs: 1000 });
  });

  test('of unknown names look like any other, and share their counts', async () => {
    const control = controlOf(USERS);
    for (let n = 0; n < 5; n += 1) expect(await control.ask('eve', 'wrong')).toBe('wrong');
    expect(await control.ask('eve', 'wrong')).toEqual({ waitMs: 1000 });
    expect(await control.ask('ada', ADA)).toMatchObject({ name: 'ada' });
  });

  test('are remembered up to a bound; the one that failed longest ago makes room', () => {
    const throttle = new LoginThrottle();
    for (let n = 0; n < 5; n += 1) throttle.failed('first', n);
    for (let n = 0; n < 9999; n += 1) throttle.failed(`client ${n}`, 10);
    expect([throttle.size, throttle.waitMs('first', 10)]).toEqual([10_000, 994]);
    throttle.failed('first', 20);
    throttle.failed('one more', 20);
    expect([throttle.size, throttle.waitMs('first', 20)]).toEqual([10_000, 2000]);
    throttle.failed('first', 20 + 16 * 60_000);
    expect(throttle.waitMs('first', 20 + 16 * 60_000)).toBe(0);
  });
});

describe('a hashed password', () => {
  test('lets its user in, and no one else', async () => {
    const password = await hashPassword('gr\u00fc\u00dfe-von-ada');
    const control = controlOf([{ name: 'ada', role: 'operator', password }, USERS[1]]);
    expect(await control.ask('ada', 'gru\u0308\u00dfe-von-ada')).toMatchObject({ name: 'ada' });
    expect(await control.ask('ada', 'gr\u00fc\u00dfe-von-ada')).toMatchObject({ role: 'operator' });
    for (const [name, given] of [
      ['ada', 'wrong'],
      ['ada', password],
      ['ada', BOB],
      ['bob', 'gr\u00fc\u00dfe-von-ada'],
      ['eve', 'gr\u00fc\u00dfe-von-ada'],
    ] as const) {
      expect(await control.ask(name, given)).toBe('wrong');
    }
    expect(await control.bearer('gr\u00fc\u00dfe-von-ada')).toBe('wrong');
    expect(await control.bearer(BOB)).toMatchObject({ name: 'bob' });
  });
});

test('tasks run in order, some at once, and no more wait than may', async () => {
  const queue = new BoundedQueue(2, 1);
  const ended: number[] = [];
  const ends: (() => void)[] = [];
  const work = (n: number) => () =>
    new Promise<number>((resolve) => {
      ends.push(() => {
        ended.push(n);
        resolve(n);
      });
    });
  const all = [1, 2, 3, 4].map((n) => queue.run(work(n)));
  expect(await all[3]).toBeNull();
  expect(ends).toHaveLength(2);
  ends[0]?.();
  await all[0];
  await all[0];
  expect(queue.idle).toBe(false);
  ends[1]?.();
  ends[2]?.();
  expect(await Promise.all(all)).toEqual([1, 2, 3, null]);
  expect(queue.idle).toBe(true);
});

describe('the client of a request', () => {
  const isTrusted = createTrust(['10.0.0.0/8', '192.0.2.1', 'fd00::/8']);
  test.each([
    ['198.51.100.1', '', '198.51.100.1'],
    ['::ffff:198.51.100.1', '', '198.51.100.1'],
    ['::ffff:c633:6401', '', '198.51.100.1'],
    ['2001:DB8::1', '', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', '', 'fe80:0:0:0::/64'],
    ['::1', '', '0:0:0:0::/64'],
    ['', '', ''],
    ['198.51.100.1', '203.0.113.1', '198.51.100.1'],
    ['10.1.1.1', '203.0.113.1', '203.0.113.1'],
    ['::ffff:10.1.1.1', '203.0.113.1', '203.0.113.1'],
    ['fd00::7', '203.0.113.1', '203.0.113.1'],
    ['10.1.1.1', '203.0.113.1:4711', '203.0.113.1'],
    ['10.1.1.1', '[2001:db8::5]:4711', '2001:db8:0:0::/64'],
    ['10.1.1.1', '9.9.9.9, 203.0.113.1, 192.0.2.1', '203.0.113.1'],
    ['10.1.1.1', '10.2.2.2, 192.0.2.1', '10.2.2.2'],
    ['10.1.1.1', 'unknown', '10.1.1.1'],
    ['10.1.1.1', '203.0.113.1, <script>', '10.1.1.1'],
    ['10.1.1.1', '', '10.1.1.1'],
  ])('%j forwarded for %j is %j', (address, forwarded, client) => {
    const headers = { 'x-forwarded-for': forwarded };
    const request = { socket: { remoteAddress: address }, headers };
    expect(clientOf(request, isTrusted)).toBe(client);
  });
});
