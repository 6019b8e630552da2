const MIX = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const;

/** A 32-bit hash of a text; `salt` gives independent hashes of the same text. */
function hashText(text: string, salt: number): number {
  let hash = salt;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), MIX[0]);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 13), MIX[1]);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Repeatable pseudo-random numbers: the same seed gives the same sequence on every machine.
 * The algorithm is sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, a few additions and
 * shifts a number. Suitable for generating traffic, not for secrets.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: string) {
    this.a = hashText(seed, MIX[1]);
    this.b = hashText(seed, MIX[2]);
    this.c = hashText(seed, MIX[3]);
    for (let round = 0; round < 16; round++) this.bits();
  }

  /** 32 random bits, as an integer from 0 to 2³² - 1. */
  bits(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number {
    return Math.floor((this.bits() / 0x1_0000_0000) * limit);
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True in this share (0 to 1) of the calls. */
  chance(share: number): boolean {
    return this.bits() < share * 0x1_0000_0000;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** One of a list that is not empty, the first ones more often than the last ones. */
  pickEarly<T>(list: readonly T[]): T {
    return list[Math.min(this.below(list.length), this.below(list.length))] as T;
  }

  /** The pattern with a random digit for each `#`. */
  digits(pattern: string): string {
    return pattern.replace(/#/g, () => String(this.below(10)));
  }

  /** One of a list that is not empty, each as often as its weight says. */
  pickWeighted<T>(list: readonly T[], weightOf: (each: T, at: number) => number): T {
    const total = list.reduce((sum, each, at) => sum + weightOf(each, at), 0);
    let left = (this.below(1_000_000) / 1_000_000) * total;
    for (const [at, each] of list.entries()) {
      left -= weightOf(each, at);
      if (left < 0) return each;
    }
    return list[0] as T;
  }

  /** Eight hexadecimal digits. */
  hex8(): string {
    return this.bits().toString(16).padStart(8, '0');
  }

  /** A UUID of version 4. */
  uuid(): string {
    const [second, third, fourth] = [this.hex8(), this.hex8(), this.hex8()];
    return `${this.hex8()}-${second.slice(0, 4)}-4${second.slice(5)}-a${third.slice(1, 4)}-${third.slice(4)}${fourth}`;
  }
}
