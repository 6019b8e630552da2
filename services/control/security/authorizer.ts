import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ControlConfiguration } from '#config/configuration.ts';
import type { AccessRefusal, MetricsAccess } from '#process/admin-server.ts';
import type { ControlMetrics } from '../metrics.ts';
import { HttpError } from '../routes/route.ts';
import { createAuthentication, type Identity, type Visitor } from './authentication.ts';

export type Authorizer = ReturnType<typeof createAuthorizer>;

const READING = ['GET', 'HEAD'];

/** The visitor on error pages of requests that were never authenticated. */
const STRANGER: Visitor = { name: '', role: 'viewer' };

/** Decides which requests come in, and what their senders may do. */
export function createAuthorizer(
  configuration: ControlConfiguration,
  metrics: Pick<ControlMetrics, 'controlLoginFailures'>,
) {
  const identify = createAuthentication(configuration);
  const visitors = new WeakMap<FastifyRequest, Visitor>();
  const { actions, users, proxy } = configuration;
  const authenticate = async (request: IncomingMessage): Promise<Visitor | AccessRefusal> => {
    const identity = await identify(request);
    if (identity === 'wrong') metrics.controlLoginFailures.inc();
    if (typeof identity === 'string') return REFUSALS[identity];
    return 'waitMs' in identity ? tooMany(identity.waitMs) : identity;
  };
  const refuseScraper: MetricsAccess = async (request) => {
    const visitor = await authenticate(request);
    return 'status' in visitor ? visitor : null;
  };
  return {
    /** Scrapers need credentials where visitors do; without users, control listens on loopback alone. */
    metricsAccess: users.length === 0 && proxy === null ? undefined : refuseScraper,
    /**
     * Answers a request that is refused; lets every other one pass.
     * @throws HttpError when it would change something and may not
     */
    async authorize(request: FastifyRequest, reply: FastifyReply) {
      const visitor = await authenticate(request.raw);
      if ('status' in visitor) return refuse(reply, visitor);
      visitors.set(request, visitor);
      if (!READING.includes(request.method)) requireOperator(actions, visitor, reply);
      return undefined;
    },
    visitorOf: (request: FastifyRequest): Visitor => visitors.get(request) ?? STRANGER,
    /** Whether actions are on, and this visitor is an operator. */
    mayAct: ({ role }: Visitor) => actions && role === 'operator',
  };
}

/** @throws HttpError unless actions are on and the visitor is an operator */
function requireOperator(actions: boolean, { role }: Visitor, reply: FastifyReply): void {
  if (!actions) {
    reply.header('allow', 'GET, HEAD');
    const message =
      'These pages are read-only. To allow actions, start control with --allow-actions.';
    throw new HttpError(405, 'Read-only', message);
  }
  if (role === 'operator') return;
  throw new HttpError(403, 'Not allowed', 'You have read access. Only operators can make changes.');
}

function tooMany(waitMs: number): AccessRefusal {
  const seconds = Math.ceil(waitMs / 1000);
  return {
    status: 429,
    headers: { 'retry-after': String(seconds) },
    body: `too many wrong passwords: try again in ${seconds} s\n`,
  };
}

const CHALLENGE = {
  'www-authenticate': 'Basic realm="capi-relay control", charset="UTF-8"',
};

const REFUSALS: Readonly<Record<Extract<Identity, string>, AccessRefusal>> = {
  anonymous: { status: 401, headers: CHALLENGE, body: 'sign in with a name and a password\n' },
  wrong: { status: 401, headers: CHALLENGE, body: 'wrong name or password\n' },
  'foreign-host': {
    status: 403,
    headers: {},
    body: 'without users, control answers only to the names of this machine: add control.users\n',
  },
};

function refuse(reply: FastifyReply, { status, headers, body }: AccessRefusal): FastifyReply {
  return reply.code(status).headers(headers).type('text/plain; charset=utf-8').send(body);
}
