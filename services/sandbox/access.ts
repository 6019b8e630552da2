import { EXPIRED_TOKEN, type GraphError, UNKNOWN_TOKEN, unknownPixel } from './graph-error.ts';

type Tokens = ReadonlyMap<string, ReadonlySet<string>>;

/** Which tokens may write to which pixel. */
export class Access {
  readonly #initial: Tokens | null;
  #valid: Map<string, ReadonlySet<string>>;
  readonly #expired = new Map<string, ReadonlySet<string>>();

  /** @param pixels null accepts any pixel with any token, until tokens are given for it */
  constructor(pixels: Tokens | null) {
    this.#initial = pixels;
    this.#valid = new Map(pixels);
  }

  /** Meta's error for a token that may not write to the pixel; null when it may. */
  refuse(pixel: string, token: string): GraphError | null {
    if (this.#expired.get(pixel)?.has(token)) return EXPIRED_TOKEN;
    const tokens = this.#valid.get(pixel);
    if (tokens !== undefined) return tokens.has(token) ? null : UNKNOWN_TOKEN;
    return this.#initial === null ? null : unknownPixel(pixel);
  }

  /** Replaces the valid tokens of a pixel, and the expired ones. */
  give(
    pixel: string,
    tokens: ReadonlySet<string> | null,
    expired: ReadonlySet<string> | null,
  ): void {
    if (tokens !== null) this.#valid.set(pixel, tokens);
    if (expired !== null) this.#expired.set(pixel, expired);
  }

  reset(): void {
    this.#valid = new Map(this.#initial);
    this.#expired.clear();
  }
}
