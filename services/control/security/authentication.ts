import { hash } from 'node:crypto';
import type { ControlConfiguration } from '#config/configuration.ts';
import { BoundedQueue } from './bounded-queue.ts';
import { type AddressedRequest, clientOf, createTrust, plainAddress } from './client-address.ts';
import { LoginThrottle } from './login-throttle.ts';
import { type Claim, Passwords, readClaim } from './passwords.ts';

/** The user behind a request. */
export interface Visitor {
  readonly name: string;
  readonly role: 'viewer' | 'operator';
}

/**
 * The result of authentication: `anonymous` sent no credentials, `wrong` sent wrong ones, and
 * `foreign-host` used a host name that is not this machine's. `waitMs` asks a client to wait: it tried
 * too many passwords, or too many are being checked.
 */
export type Identity =
  | Visitor
  | 'anonymous'
  | 'wrong'
  | 'foreign-host'
  | { readonly waitMs: number };

/** The visitor on this machine, where no users are configured. */
const LOCAL: Visitor = { name: 'local', role: 'operator' };

const LOOPBACK_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/** Requests of one account and client whose passwords may wait for each other. */
const MAX_WAITING = 16;

const BUSY = { waitMs: 1000 };

/** Unknown user names share a few counters, so that inventing names fills no memory. */
const UNKNOWN_NAMES = 16;

/** Identifies the sender of a request, as the configuration says. */
export function createAuthentication(
  configuration: Pick<ControlConfiguration, 'users' | 'proxy' | 'trustedProxies'>,
  clock: () => number = Date.now,
): (request: AddressedRequest) => Promise<Identity> {
  const { users, proxy } = configuration;
  const isTrusted = createTrust(configuration.trustedProxies);
  const names = new Set(users.map(({ name }) => name));
  const logins = new Logins(new Passwords(users), clock);
  const vouchedFor = createProxyAuthentication(proxy);
  return async (request) => {
    if (users.length === 0 && proxy === null) {
      // Another site can point its own name at this machine's address, and read the answers.
      return LOOPBACK_HOST.test(request.headers.host ?? '') ? LOCAL : 'foreign-host';
    }
    const visitor = vouchedFor(request);
    if (visitor !== null) return visitor;
    const claim = readClaim(request.headers);
    if (users.length === 0 || claim === null) return 'anonymous';
    return logins.attempt(claim, `${clientOf(request, isTrusted)} ${accountOf(claim, names)}`);
  };
}

/** Reads the user from the header of a proxy, and from its addresses alone. */
function createProxyAuthentication(
  proxy: ControlConfiguration['proxy'],
): (request: AddressedRequest) => Visitor | null {
  if (proxy === null) return () => null;
  const addresses = new Set(proxy.addresses.map(plainAddress));
  return ({ headers, socket }) => {
    const name = headers[proxy.userHeader.toLowerCase()];
    if (
      !addresses.has(plainAddress(socket.remoteAddress)) ||
      typeof name !== 'string' ||
      name === ''
    )
      return null;
    return { name, role: proxy.operators.includes(name) ? 'operator' : 'viewer' };
  };
}

/** The account that failures count for; no user name contains a colon. */
function accountOf({ name }: Claim, names: ReadonlySet<string>): string {
  if (name === null) return ':bearer';
  if (names.has(name)) return name;
  return `:unknown-${hash('sha256', name, 'buffer').readUInt8(0) % UNKNOWN_NAMES}`;
}

/** Checks the passwords of each account and client one at a time, so that none outruns its wait. */
class Logins {
  private readonly throttle = new LoginThrottle();
  private readonly queues = new Map<string, BoundedQueue>();
  private readonly passwords: Passwords;
  private readonly clock: () => number;

  constructor(passwords: Passwords, clock: () => number) {
    this.passwords = passwords;
    this.clock = clock;
  }

  async attempt(claim: Claim, pair: string): Promise<Identity> {
    const queue = this.queues.get(pair) ?? new BoundedQueue(1, MAX_WAITING);
    this.queues.set(pair, queue);
    const identity = await queue.run(() => this.check(claim, pair));
    if (queue.idle) this.queues.delete(pair);
    return identity ?? BUSY;
  }

  private async check(claim: Claim, pair: string): Promise<Identity> {
    const waitMs = this.throttle.waitMs(pair, this.clock());
    if (waitMs > 0) return { waitMs };
    const result = await this.passwords.check(claim);
    if (result === 'busy') return BUSY;
    if (result === 'wrong') {
      this.throttle.failed(pair, this.clock());
      return 'wrong';
    }
    this.throttle.succeeded(pair);
    return { name: result.name, role: result.role };
  }
}
