import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** How a request is turned away. */
export interface AccessRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Null lets a request have `/metrics`. */
export type MetricsAccess = (
  request: IncomingMessage,
) => AccessRefusal | null | Promise<AccessRefusal | null>;

const NO_TOKEN: AccessRefusal = {
  status: 401,
  headers: { 'www-authenticate': 'Bearer realm="capi-relay metrics"' },
  body: 'send metrics.token as bearer token\n',
};

/**
 * Lets requests pass that carry the token; the others go to `otherwise`, and are turned away where
 * there is no other way in. Without a token and another way, everyone may scrape.
 * @param token of the configuration; null when there is none
 */
export function createMetricsAccess(
  token: string | null,
  otherwise: MetricsAccess | undefined,
): MetricsAccess {
  const expected = token === null ? null : digestOf(token);
  return (request) => {
    if (expected !== null && timingSafeEqual(expected, digestOf(bearerOf(request)))) return null;
    if (otherwise !== undefined) return otherwise(request);
    return expected === null ? null : NO_TOKEN;
  };
}

function bearerOf({ headers }: IncomingMessage): string {
  return /^bearer +(.*)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** Of equal length whatever was sent, so that the comparison takes the same time. */
function digestOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
