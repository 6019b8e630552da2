import { appSecretProof } from '#core/record/request-members.ts';
import {
  EXPIRED_TOKEN,
  type GraphError,
  MISSING_PERMISSION,
  MISSING_PROOF,
  UNKNOWN_TOKEN,
  unknownPixel,
  WRONG_PROOF,
} from './graph-error.ts';

/** What a request shows of who sends it. */
export interface Authorization {
  readonly token: string;
  /** `appsecret_proof`; undefined without one. */
  readonly proof: string | undefined;
}

/** What a test or a person says of the tokens of a pixel; what is left out stays as it is. */
export interface TokenGrant {
  readonly tokens?: ReadonlySet<string> | undefined;
  readonly expired?: ReadonlySet<string> | undefined;
  /** Tokens that may send events, and read nothing. */
  readonly sendOnly?: ReadonlySet<string> | undefined;
  /** Tokens that may read the pixel itself too, such as those of a system user who manages it. */
  readonly managers?: ReadonlySet<string> | undefined;
  /** Secret of an app that requires `appsecret_proof`; null requires none. */
  readonly appSecret?: string | null | undefined;
}

type Tokens = ReadonlyMap<string, ReadonlySet<string>>;

/** Which tokens may write to which pixel. */
export class Access {
  readonly #initial: Tokens | null;
  #valid: Map<string, ReadonlySet<string>>;
  readonly #grants = new Map<string, TokenGrant>();

  /** @param pixels null accepts any pixel with any token, until tokens are given for it */
  constructor(pixels: Tokens | null) {
    this.#initial = pixels;
    this.#valid = new Map(pixels);
  }

  /** Meta's error for a token that may not write to the pixel; null when it may. */
  refuse(pixel: string, { token, proof }: Authorization): GraphError | null {
    const { expired, appSecret = null } = this.#grants.get(pixel) ?? {};
    if (expired?.has(token)) return EXPIRED_TOKEN;
    const tokens = this.#valid.get(pixel);
    if (tokens === undefined && this.#initial !== null) return unknownPixel(pixel);
    if (tokens?.has(token) === false) return UNKNOWN_TOKEN;
    if (appSecret === null) return null;
    if (proof === undefined) return MISSING_PROOF;
    return proof === appSecretProof(token, appSecret) ? null : WRONG_PROOF;
  }

  /**
   * Meta's error for a token that may not read. A token made in Events Manager reads the quality of its
   * dataset, and nothing of the pixel itself.
   * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/dataset-quality-api:
   * "The generated token will be able to fetch quality data and send events using the Conversions API."
   */
  refuseReading(
    pixel: string,
    what: 'quality' | 'pixel',
    authorization: Authorization,
  ): GraphError | null {
    const refusal = this.refuse(pixel, authorization);
    if (refusal !== null) return refusal;
    const { sendOnly, managers } = this.#grants.get(pixel) ?? {};
    const { token } = authorization;
    const may = what === 'pixel' ? managers?.has(token) === true : sendOnly?.has(token) !== true;
    return may ? null : MISSING_PERMISSION;
  }

  /** Replaces what is said of the tokens of a pixel. */
  give(pixel: string, { tokens, ...grant }: TokenGrant): void {
    if (tokens !== undefined) this.#valid.set(pixel, tokens);
    const given = Object.entries(grant).filter(([, value]) => value !== undefined);
    this.#grants.set(pixel, { ...this.#grants.get(pixel), ...Object.fromEntries(given) });
  }

  reset(): void {
    this.#valid = new Map(this.#initial);
    this.#grants.clear();
  }
}
