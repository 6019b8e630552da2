import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ControlUser } from '#config/configuration.ts';
import { matchesHash, type PasswordHash, parsePasswordHash } from '#config/password-hash.ts';
import type { Claim } from './claim.ts';
import { Turns } from './turns.ts';

/** Hashes that are worked out at once, and how many more may wait: each takes 32 MiB and a core. */
const HASHES_AT_ONCE = 2;
const MAX_WAITING_HASHES = 32;

/** What a hash is assumed to take before one was worked out, in ms. */
const FIRST_GUESS_MS = 100;

interface Known {
  readonly user: ControlUser;
  /** Of a password in the clear, by the key of this process; null where there is a hash. */
  readonly digest: Buffer | null;
  readonly hash: PasswordHash | null;
}

/** Whose password it is; `busy` when too many are being worked out to find that out. */
export type PasswordResult = ControlUser | 'wrong' | 'busy';

/**
 * Compares passwords with those of the configuration, in constant time. Of a hashed one the last that
 * was right is remembered as a digest, because browsers send it with every request.
 */
export class Passwords {
  private readonly key = randomBytes(32);
  private readonly known: readonly Known[];
  private readonly right = new Map<ControlUser, Buffer>();
  private readonly turns = new Turns(HASHES_AT_ONCE, MAX_WAITING_HASHES);
  private hashMs = FIRST_GUESS_MS;

  constructor(users: readonly ControlUser[]) {
    this.known = users.map((user) => {
      const hash = parsePasswordHash(user.password);
      return { user, hash, digest: hash === null ? this.digestOf(user.password) : null };
    });
  }

  async check(claim: Claim): Promise<PasswordResult> {
    const digest = this.digestOf(claim.password);
    // Everybody's password is compared, so that time tells nothing of who there is.
    const matching = this.known.filter((each) => each.digest !== null && same(each.digest, digest));
    // A bearer token names nobody: to find whose hash it fits, every one would have to be tried.
    if (claim.name === null) return matching[0]?.user ?? 'wrong';
    const named = this.known.find(({ user }) => user.name === claim.name);
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
    if (remembered !== undefined && same(remembered, digest)) return user;
    const started = performance.now();
    const matches = await this.turns.run(() => matchesHash(password, hash));
    if (matches === null) return 'busy';
    this.hashMs = performance.now() - started;
    if (!matches) return 'wrong';
    this.right.set(user, digest);
    return user;
  }

  /** Takes about as long as a hash where there are any, and no work: so names cannot be told apart. */
  private async pretend(): Promise<void> {
    if (!this.known.some(({ hash }) => hash !== null)) return;
    await new Promise((resolve) => setTimeout(resolve, this.hashMs));
  }

  /** Of equal length whatever was sent, as a comparison in constant time wants it. */
  private digestOf(password: string): Buffer {
    return createHmac('sha256', this.key).update(password).digest();
  }
}

function same(a: Buffer, b: Buffer): boolean {
  return timingSafeEqual(a, b);
}
