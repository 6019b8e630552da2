import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Of the cookie that a form's token belongs to. */
const COOKIE = 'capi_relay_control';

const COOKIE_FORM = /^[\w-]{43}$/;

/** Keeps other sites from sending a visitor's browser here to do something. */
export interface ForgeryGuard {
  /** What this browser is known by, and the header that makes it known when it is new. */
  session(headers: IncomingHttpHeaders): { id: string; setCookie: string | null };
  /** What forms of this browser and visitor must send back. */
  token(sessionId: string, visitor: string): string;
  /** Whether a form came from a page of ours that this browser was given for this visitor. */
  genuine(headers: IncomingHttpHeaders, visitor: string, token: string): boolean;
}

/** Pages of before a restart are no longer good: the key lives as long as the process. */
export function createForgeryGuard(): ForgeryGuard {
  const key = randomBytes(32);
  const token = (sessionId: string, visitor: string): string =>
    createHmac('sha256', key).update(`${sessionId} ${visitor}`).digest('base64url');
  return {
    token,
    session(headers) {
      const known = readCookie(headers);
      if (known !== null) return { id: known, setCookie: null };
      const id = randomBytes(32).toString('base64url');
      const secure = headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
      return { id, setCookie: `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Strict${secure}` };
    },
    genuine(headers, visitor, given) {
      const id = readCookie(headers);
      if (id === null || !sameOrigin(headers)) return false;
      const [wanted, got] = [token(id, visitor), given].map((text) => Buffer.from(text));
      return wanted !== undefined && got?.length === wanted.length && timingSafeEqual(wanted, got);
    },
  };
}

function readCookie({ cookie = '' }: IncomingHttpHeaders): string | null {
  const pairs = cookie.split(';').map((pair) => pair.trim().split('='));
  const value = pairs.find(([name]) => name === COOKIE)?.[1] ?? '';
  return COOKIE_FORM.test(value) ? value : null;
}

/** Browsers say where a form came from; who says nothing is none, and needs the token all the same. */
function sameOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const { origin } = headers;
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === headers.host;
}
