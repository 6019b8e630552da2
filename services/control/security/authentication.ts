import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ControlConfiguration } from '#config/configuration.ts';
import { type Claim, readClaim } from './claim.ts';
import { clientOf, createTrust, plainAddress } from './client-address.ts';
import { LoginThrottle } from './login-throttle.ts';
import { Passwords } from './passwords.ts';
import { Turns } from './turns.ts';

/** Who asks, and what they may do. */
export interface Visitor {
  readonly name: string;
  readonly role: 'viewer' | 'operator';
}

/** What a request says about who sends it. */
export interface Credentials {
  /** Of the other end of the connection. */
  readonly address: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Who sends a request: `nobody` has not said who they are, `wrong` has said so with a wrong password,
 * and `elsewhere` came by a name that is not this machine's. A wait, in ms, is for whoever has tried
 * too many passwords, and for a moment when too many are being checked.
 */
export type Identity = Visitor | 'nobody' | 'wrong' | 'elsewhere' | { readonly waitMs: number };

/** Who is on this machine, where nobody has to say who they are. */
const LOCAL: Visitor = { name: 'local', role: 'operator' };

const LOOPBACK_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/** Requests of one account and client whose passwords may wait for each other. */
const MAX_WAITING = 16;

const BUSY = { waitMs: 1000 };

/** Names that no user has share a few counts, so that inventing names fills no memory. */
const UNKNOWN_NAMES = 16;

/** Tells who sends a request, as the configuration says. */
export function createAuthentication(
  configuration: Pick<ControlConfiguration, 'users' | 'proxy' | 'trustedProxies'>,
  clock: () => number = Date.now,
): (credentials: Credentials) => Promise<Identity> {
  const { users, proxy } = configuration;
  const isTrusted = createTrust(configuration.trustedProxies);
  const names = new Set(users.map(({ name }) => name));
  const logins = new Logins(new Passwords(users), clock);
  return async ({ address, headers }) => {
    if (users.length === 0 && proxy === null) {
      // A page elsewhere can give its own name this machine's address, and read what it gets.
      return LOOPBACK_HOST.test(headers.host ?? '') ? LOCAL : 'elsewhere';
    }
    const vouched = visitorOf(proxy, { address, headers });
    if (vouched !== null) return vouched;
    const claim = readClaim(headers);
    if (users.length === 0 || claim === null) return 'nobody';
    const forwarded = [headers['x-forwarded-for'] ?? ''].flat().join();
    const client = clientOf(address, forwarded, isTrusted);
    return logins.attempt(claim, `${client} ${accountOf(claim, names)}`);
  };
}

/** Whom a proxy that is believed vouches for. */
function visitorOf(
  proxy: ControlConfiguration['proxy'],
  { address, headers }: Credentials,
): Visitor | null {
  if (proxy === null || !proxy.addresses.includes(plainAddress(address))) return null;
  const name = headers[proxy.userHeader.toLowerCase()];
  if (typeof name !== 'string' || name === '') return null;
  return { name, role: proxy.operators.includes(name) ? 'operator' : 'viewer' };
}

/** What failures are counted under; no name of a user holds a colon. */
function accountOf({ name }: Claim, names: ReadonlySet<string>): string {
  if (name === null) return ':bearer';
  if (names.has(name)) return name;
  return `:unknown-${hash('sha256', name, 'buffer').readUInt8(0) % UNKNOWN_NAMES}`;
}

/** Checks passwords one after the other for each account and client, so that none outruns its wait. */
class Logins {
  private readonly throttle = new LoginThrottle();
  private readonly turns = new Map<string, Turns>();
  private readonly passwords: Passwords;
  private readonly clock: () => number;

  constructor(passwords: Passwords, clock: () => number) {
    this.passwords = passwords;
    this.clock = clock;
  }

  async attempt(claim: Claim, pair: string): Promise<Identity> {
    const turns = this.turns.get(pair) ?? new Turns(1, MAX_WAITING);
    this.turns.set(pair, turns);
    const identity = await turns.run(() => this.check(claim, pair));
    if (turns.idle) this.turns.delete(pair);
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
