import { randomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import csrfProtection from '@fastify/csrf-protection';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HttpError } from '../routes/route.ts';
import type { Visitor } from './authentication.ts';

export type Csrf = Awaited<ReturnType<typeof registerCsrf>>;

/**
 * Keeps other sites from making a visitor's browser send forms. Tokens are valid as long as the
 * process lives, because the key is.
 */
export async function registerCsrf(
  app: FastifyInstance,
  visitorOf: (request: FastifyRequest) => Visitor,
) {
  await app.register(cookie);
  await app.register(csrfProtection, {
    cookieKey: 'capi_relay_control',
    cookieOpts: { path: '/', httpOnly: true, sameSite: 'strict' },
    csrfOpts: { userInfo: true, hmacKey: randomBytes(32).toString('base64'), secretLength: 32 },
    getUserInfo: (request) => visitorOf(request).name,
    getToken: ({ body }) => (body as { readonly token?: string } | null)?.token,
  });
  return {
    /** The token that a form must send back; the first one of a browser sets its cookie. */
    token: (request: FastifyRequest, reply: FastifyReply) =>
      reply.generateCsrf({
        userInfo: visitorOf(request).name,
        secure: request.headers['x-forwarded-proto'] === 'https',
      }),
    /** Hooks that let a form pass if it came from our origin, with a token of this browser and visitor. */
    verify: [requireSameOrigin, app.csrfProtection],
  };
}

/** Browsers say where a form comes from; other clients need the token all the same. */
async function requireSameOrigin({ headers }: FastifyRequest): Promise<void> {
  const { origin, host, 'sec-fetch-site': site } = headers;
  const isSameSite = site === undefined || site === 'same-origin' || site === 'none';
  const isSameHost =
    origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
  if (!isSameSite || !isSameHost) throw new HttpError(403, ...FOREIGN_FORM);
}

/** The title and the text of the page that answers a form that was not verified. */
export const FOREIGN_FORM = [
  'Not from here',
  'The form was not sent from a page of this process, or from a page it served before its restart. Nothing was changed: reload the page, and try again.',
] as const;

/** Whether the plugin refused a form. */
export function isCsrfError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('FST_CSRF_');
}
