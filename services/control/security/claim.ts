import type { IncomingHttpHeaders } from 'node:http';

/** Who a request says it is from, and the password that is to prove it. */
export interface Claim {
  /** Null for a bearer token, which names nobody. */
  readonly name: string | null;
  readonly password: string;
}

/** Null where a request claims nothing, or in a way that is not known here. */
export function readClaim({ authorization = '' }: IncomingHttpHeaders): Claim | null {
  const [scheme = '', value = ''] = authorization.split(' ');
  if (value === '') return null;
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return { name: null, password: value };
    case 'basic':
      return readBasic(value);
    default:
      return null;
  }
}

/** Source: RFC 7617: base64 of name, colon and password. */
function readBasic(value: string): Claim {
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return { name: '', password: '' };
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
