import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlUser } from '#config/configuration.ts';
import { matchesHash, type PasswordHash, parsePasswordHash } from '#config/password-hash.ts';
import { BoundedQueue } from './bounded-queue.ts';

/** The user name and the password that a request sends. */
export interface Claim {
  /** Null for a bearer token, which names no user. */
  readonly name: string | null;
  readonly password: string;
}

/** Null for a request without credentials, or with a scheme that is not supported. */
export function readClaim({ authorization = '' }: IncomingHttpHeaders): Claim | null {
  const [scheme = '', value = ''] = authorization.split(' ');
  if (value === '') return null;
  const kind = scheme.toLowerCase();
  if (kind === 'bearer') return { name: null, password: value };
  return kind === 'basic' ? readBasic(value) : null;
}

/** Source: RFC 7617: base64 of name, colon and password. */
function readBasic(value: string): Claim {
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return { name: '', password: '' };
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Hashes computed at once, and how many more may wait: each takes 32 MiB and a core. */
const HASHES_AT_ONCE = 2;
const MAX_WAITING_HASHES = 32;

/** The assumed time of a hash before the first one was computed, in ms. */
const FIRST_GUESS_MS = 100;

interface Account {
  readonly user: ControlUser;
  /** Of a plain password, with the key of this process; null for a hashed one. */
  readonly digest: Buffer | null;
  readonly hash: PasswordHash | null;
}

/** The user whose password it is; `busy` when too many hashes are being computed to tell. */
type PasswordResult = ControlUser | 'wrong' | 'busy';

/**
 * Compares passwords with those of the configuration, in constant time. The last right password of a
 * hashed account is kept as a digest, because browsers send it with every request.
 */
export class Passwords {
  private readonly key = randomBytes(32);
  private readonly accounts: readonly Account[];
  private readonly right = new Map<ControlUser, Buffer>();
  private readonly hashing = new BoundedQueue(HASHES_AT_ONCE, MAX_WAITING_HASHES);
  private hashMs = FIRST_GUESS_MS;

  constructor(users: readonly ControlUser[]) {
    this.accounts = users.map((user) => {
      const hash = parsePasswordHash(user.password);
      return { user, hash, digest: hash === null ? this.digestOf(user.password) : null };
    });
  }

  async check(claim: Claim): Promise<PasswordResult> {
    const digest = this.digestOf(claim.password);
    // All passwords are compared, so that the time does not tell which users exist.
    const matching = this.accounts.filter(
      (each) => each.digest !== null && timingSafeEqual(each.digest, digest),
    );
    // A bearer token names no user: every hash would have to be tried to find its owner.
    if (claim.name === null) return matching[0]?.user ?? 'wrong';
    const named = this.accounts.find(({ user }) => user.name === claim.name);
    if (named?.hash) return this.checkHash(named.user, named.hash, claim.password, digest);
    const right = matching.find((each) => each === named);
    if (right === undefined) await this.pretend();
    return right?.user ?? 'wrong';
  }

  private async checkHash(
    user: ControlUser,
    hash: PasswordHash,
    password: string,
    digest: Buffer,
  ): Promise<PasswordResult> {
    const remembered = this.right.get(user);
    if (remembered !== undefined && timingSafeEqual(remembered, digest)) return user;
    const started = performance.now();
    const matches = await this.hashing.run(() => matchesHash(password, hash));
    if (matches === null) return 'busy';
    this.hashMs = performance.now() - started;
    if (!matches) return 'wrong';
    this.right.set(user, digest);
    return user;
  }

  /** Takes as long as a hash, without the work, so that the time does not tell which names exist. */
  private async pretend(): Promise<void> {
    if (!this.accounts.some(({ hash }) => hash !== null)) return;
    await sleep(this.hashMs);
  }

  /** Always of the same length, which a comparison in constant time needs. */
  private digestOf(password: string): Buffer {
    return createHmac('sha256', this.key).update(password).digest();
  }
}
