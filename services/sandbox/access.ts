import { EXPIRED_TOKEN, type GraphError, UNKNOWN_TOKEN, unknownPixel } from './graph-error.ts';

/** Which tokens may write to which pixel. */
export class Access {
  #pixels: Map<string, Set<string>> | null;
  /** Tokens of single pixels, while every other pixel accepts any token. */
  readonly #given = new Map<string, Set<string>>();
  readonly #expired = new Map<string, Set<string>>();
  readonly #initial: ReadonlyMap<string, ReadonlySet<string>> | null;

  /** @param pixels null accepts any pixel with any token, until tokens are given for it */
  constructor(pixels: ReadonlyMap<string, ReadonlySet<string>> | null) {
    this.#initial = pixels;
    this.#pixels = copyOf(pixels);
  }

  /** Meta's error for a token that may not write to the pixel; null when it may. */
  refuse(pixel: string, token: string): GraphError | null {
    if (this.#expired.get(pixel)?.has(token)) return EXPIRED_TOKEN;
    const tokens = this.#pixels?.get(pixel) ?? this.#given.get(pixel);
    if (tokens !== undefined) return tokens.has(token) ? null : UNKNOWN_TOKEN;
    return this.#pixels === null ? null : unknownPixel(pixel);
  }

  /** Replaces the valid tokens of a pixel, and the expired ones. */
  give(
    pixel: string,
    tokens: ReadonlySet<string> | null,
    expired: ReadonlySet<string> | null,
  ): void {
    if (tokens !== null) (this.#pixels ?? this.#given).set(pixel, new Set(tokens));
    if (expired !== null) this.#expired.set(pixel, new Set(expired));
  }

  reset(): void {
    this.#pixels = copyOf(this.#initial);
    this.#given.clear();
    this.#expired.clear();
  }
}

function copyOf(
  pixels: ReadonlyMap<string, ReadonlySet<string>> | null,
): Map<string, Set<string>> | null {
  if (pixels === null) return null;
  return new Map(Array.from(pixels, ([pixel, tokens]) => [pixel, new Set(tokens)]));
}
