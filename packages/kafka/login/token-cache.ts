/** A bearer token. */
export interface Token {
  readonly value: string;
  /** How long it is valid, in ms. */
  readonly lifetimeMs: number;
  /** How far the clock of its issuer is ahead of ours, in ms; null where it does not say. */
  readonly skewMs: number | null;
}

/** Where a login gets its token. */
export interface TokenSource {
  get(): Promise<string>;
  /** The next one is a new one. */
  forget(): void;
  /** What to say of clocks that differ; empty where they agree. */
  skew(): string;
}

interface Held extends Token {
  readonly obtainedAt: number;
}

/** A token is replaced when this part of its lifetime is left, or this many ms. */
const PART_LEFT = 0.2;
const MS_LEFT = 15_000;
/** How much must be left of a token that cannot be replaced, in ms. */
const LEAST_LEFT_MS = 2000;
const NOTABLE_SKEW_MS = 30_000;

/** Keeps a token for all connections of a client, and replaces it ahead of its expiry. */
export class TokenCache implements TokenSource {
  private held: Held | null = null;
  private skewMs: number | null = null;
  private pending: Promise<string> | null = null;
  private readonly request: () => Promise<Token>;
  private readonly now: () => number;

  /** @param now in ms; a clock that never jumps */
  constructor(request: () => Promise<Token>, now: () => number = () => performance.now()) {
    this.request = request;
    this.now = now;
  }

  /** @throws what the request throws, unless the token that it would replace is still valid */
  get(): Promise<string> {
    const { held } = this;
    if (held !== null && this.left(held) > spare(held)) return Promise.resolve(held.value);
    this.pending ??= this.replace(held).finally(() => {
      this.pending = null;
    });
    return this.pending;
  }

  forget(): void {
    this.held = null;
  }

  skew(): string {
    const { skewMs } = this;
    if (skewMs === null || Math.abs(skewMs) < NOTABLE_SKEW_MS) return '';
    const [seconds, way] = [
      Math.round(Math.abs(skewMs) / 1000),
      skewMs > 0 ? 'behind' : 'ahead of',
    ];
    return `; the clock of this machine is ${seconds} s ${way} that of the token endpoint`;
  }

  private left({ obtainedAt, lifetimeMs }: Held): number {
    return obtainedAt + lifetimeMs - this.now();
  }

  private async replace(before: Held | null): Promise<string> {
    const obtainedAt = this.now();
    try {
      this.held = { ...(await this.request()), obtainedAt };
      this.skewMs = this.held.skewMs;
      return this.held.value;
    } catch (error) {
      if (before !== null && this.left(before) > LEAST_LEFT_MS) return before.value;
      throw error;
    }
  }
}

/**
 * kafkajs logs in again ten seconds before the session of a token ends. With a token that is about to
 * expire it would do so again and again, which brokers refuse within a second.
 */
function spare({ lifetimeMs }: Token): number {
  return Math.max(lifetimeMs * PART_LEFT, MS_LEFT);
}
