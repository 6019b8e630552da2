import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ConsoleConfiguration, ConsoleUser } from '#runtime/configuration/configuration.ts';

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
 * and `elsewhere` came by a name that is not this machine's.
 */
export type Identity = Visitor | 'nobody' | 'wrong' | 'elsewhere';

/** Who is on this machine, where nobody has to say who they are. */
const LOCAL: Visitor = { name: 'local', role: 'operator' };

const LOOPBACK_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/** Tells who sends a request, as the configuration says. */
export function createAuthentication({
  users,
  proxy,
}: Pick<ConsoleConfiguration, 'users' | 'proxy'>): (credentials: Credentials) => Identity {
  const known = users.map((user) => ({ user, digest: digestOf(user.password) }));
  return ({ address, headers }) => {
    if (users.length === 0 && proxy === null) {
      // A page elsewhere can give its own name this machine's address, and read what it gets.
      return LOOPBACK_HOST.test(headers.host ?? '') ? LOCAL : 'elsewhere';
    }
    if (proxy?.addresses.includes(plainAddress(address))) {
      const name = headers[proxy.userHeader.toLowerCase()];
      if (typeof name === 'string' && name !== '') {
        return { name, role: proxy.operators.includes(name) ? 'operator' : 'viewer' };
      }
    }
    const [scheme = '', value = ''] = (headers.authorization ?? '').split(' ');
    if (users.length === 0 || value === '') return 'nobody';
    switch (scheme.toLowerCase()) {
      case 'bearer':
        return visitor(known.filter(({ digest }) => sameDigest(digest, digestOf(value))));
      case 'basic': {
        const [name, password] = readBasic(value);
        // Everybody's password is compared, so that time tells nothing of who there is.
        const matching = known.filter(({ digest }) => sameDigest(digest, digestOf(password)));
        return visitor(matching.filter(({ user }) => user.name === name));
      }
      default:
        return 'nobody';
    }
  };
}

function visitor(matching: readonly { readonly user: ConsoleUser }[]): Identity {
  const [found] = matching;
  return found === undefined ? 'wrong' : { name: found.user.name, role: found.user.role };
}

/** Source: RFC 7617: base64 of name, colon and password. */
function readBasic(value: string): [name: string, password: string] {
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? ['', ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** Of equal length whatever was sent, as a comparison in constant time wants it. */
function digestOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

function sameDigest(a: Buffer, b: Buffer): boolean {
  return timingSafeEqual(a, b);
}

/** An IPv4 address as people write it, where the socket is one of IPv6. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
