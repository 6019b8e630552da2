import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ControlConfiguration } from '#config/configuration.ts';
import type { AccessRefusal } from '#process/admin-server.ts';
import { Refusal } from '../answer.ts';
import type { Visit } from '../layout.ts';
import type { ControlMetrics } from '../metrics.ts';
import { createAuthentication, type Identity, type Visitor } from './authentication.ts';
import { createForgeryGuard } from './forgery.ts';

/** Decides who comes in, and what they may do. */
export interface Door {
  /** Who sends a request, or how it is turned away. */
  admit(request: IncomingMessage): Promise<Visitor | AccessRefusal>;
  /** Answers a request that must not come in; lets every other one pass. */
  let(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
  visit(request: FastifyRequest): Visit;
  /** @throws Refusal unless a form came from a page that this visitor was given */
  demandGenuine(request: FastifyRequest, token: string): void;
}

const READING = ['GET', 'HEAD'];

/** Stands for who was not let in, on the page that says so. */
const STRANGER: Visitor = { name: '', role: 'viewer' };

export function createDoor(
  configuration: ControlConfiguration,
  metrics: Pick<ControlMetrics, 'controlLoginFailures'>,
): Door {
  const identify = createAuthentication(configuration);
  const guard = createForgeryGuard();
  const visitors = new WeakMap<FastifyRequest, { visitor: Visitor; sessionId: string }>();
  const visitorOf = (request: FastifyRequest): Visitor =>
    visitors.get(request)?.visitor ?? STRANGER;
  const admit: Door['admit'] = async ({ headers, socket }) => {
    const identity = await identify({ address: socket.remoteAddress ?? '', headers });
    if (identity === 'wrong') metrics.controlLoginFailures.inc();
    if (typeof identity === 'string') return REFUSALS[identity];
    return 'waitMs' in identity ? tooMany(identity.waitMs) : identity;
  };

  return {
    admit,
    async let(request, reply) {
      const admission = await admit(request.raw);
      if ('status' in admission) return turnAway(reply, admission);
      const { id, setCookie } = guard.session(request.headers);
      if (setCookie !== null) reply.header('set-cookie', setCookie);
      visitors.set(request, { visitor: admission, sessionId: id });
      if (!READING.includes(request.method)) demandAction(configuration, admission, reply);
      return undefined;
    },
    visit(request) {
      const visitor = visitorOf(request);
      const sessionId = visitors.get(request)?.sessionId ?? '';
      return {
        visitor,
        mayAct: configuration.actions && visitor.role === 'operator',
        token: guard.token(sessionId, visitor.name),
        path: request.url.split('?', 1)[0] ?? '',
        now: Date.now(),
      };
    },
    demandGenuine(request, token) {
      if (guard.genuine(request.headers, visitorOf(request).name, token)) return;
      const words =
        'The form was not sent from a page of this process, or from a page it served before its restart. Nothing was done: load the page again.';
      throw new Refusal(403, 'Not from here', words);
    },
  };
}

/** @throws Refusal unless something may be changed, by this visitor */
function demandAction(
  { actions }: ControlConfiguration,
  { role }: Visitor,
  reply: FastifyReply,
): void {
  if (!actions) {
    reply.header('allow', 'GET, HEAD');
    const words =
      'These pages are read-only. To allow actions, start control with --allow-actions.';
    throw new Refusal(405, 'Read-only', words);
  }
  if (role === 'operator') return;
  throw new Refusal(403, 'Not allowed', 'You may look; only operators may change something.');
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
  nobody: { status: 401, headers: CHALLENGE, body: 'say who you are\n' },
  wrong: { status: 401, headers: CHALLENGE, body: 'wrong name or password\n' },
  elsewhere: {
    status: 403,
    headers: {},
    body: 'without users, control answers only to the names of this machine: add control.users\n',
  },
};

function turnAway(reply: FastifyReply, { status, headers, body }: AccessRefusal): FastifyReply {
  return reply.code(status).headers(headers).type('text/plain; charset=utf-8').send(body);
}
