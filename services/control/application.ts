import type { IncomingMessage } from 'node:http';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from '#process/logger.ts';
import { framesOf } from '#process/redact.ts';
import type { Store } from '#store/store.ts';
import { type Answer, messagePage, Refusal, redisGonePage } from './answer.ts';
import { loadAssets } from './assets.ts';
import { addBoard } from './board/routes.ts';
import { frame, type Page, type Visit } from './layout.ts';
import type { ControlMetrics } from './metrics.ts';
import type { Door } from './security/door.ts';
import { securityHeaders } from './security/headers.ts';

/** What a page is asked with. */
export interface Query {
  readonly visit: Visit;
  /** Of the address; the first one where a name is there twice. */
  readonly query: Readonly<Record<string, string>>;
  /** Of the path, as its pattern names them. */
  readonly params: Readonly<Record<string, string>>;
}

/** What is done when a form is sent. */
export interface Form extends Query {
  readonly fields: Readonly<Record<string, string>>;
}

export type ReadPage = (query: Query) => Answer | Promise<Answer>;
export type TakeAction = (form: Form) => Answer | Promise<Answer>;

/** The pages by the patterns of their paths. */
export interface Routes {
  readonly pages: Readonly<Record<string, ReadPage>>;
  readonly actions: Readonly<Record<string, TakeAction>>;
}

export interface ApplicationRooms {
  readonly routes: Routes;
  /** Which queues bull-board shows. */
  readonly queues: () => { store: Store; pixelIds: readonly string[] };
  /** Null while Redis answers, else what it failed with. */
  readonly redisFailure: () => { readonly lastError: string | null } | null;
  readonly door: Door;
  readonly metrics: Pick<ControlMetrics, 'controlRequests'>;
  readonly logger: Logger;
}

const MOST_BYTES = 65_536;

/** Everything between a request and its answer that is the same for all pages. */
export function createApplication(rooms: ApplicationRooms): FastifyInstance {
  const { door } = rooms;
  const app = fastify({ bodyLimit: MOST_BYTES, logger: false, exposeHeadRoutes: true });
  const assets = loadAssets();
  const show = (reply: FastifyReply, status: number, page: Page, visit: Visit): FastifyReply =>
    reply
      .code(status)
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(frame(page, visit, assets.path).text);

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders(pathOf(request)));
    return door.let(request, reply);
  });
  app.addHook('onResponse', async (_request, { statusCode }) => {
    rooms.metrics.controlRequests.inc({ code: `${Math.floor(statusCode / 100)}xx` });
  });
  app.get('/assets/*', (request, reply) => {
    const asset = assets.find(pathOf(request));
    if (asset === undefined) return reply.callNotFound();
    reply.header('cache-control', 'public, max-age=31536000, immutable');
    return reply.type(asset.type).send(asset.body);
  });
  addBoard(app, rooms.queues);
  addRoutes(app, rooms.routes, door, show);
  app.setNotFoundHandler((request, reply) => {
    const words = `There is no page ${pathOf(request)}.`;
    show(reply, 404, messagePage('Not found', words), door.visit(request));
  });
  app.setErrorHandler((error, request, reply) => {
    const [status, page] = failurePage(error, rooms);
    show(reply, status, page, door.visit(request));
  });
  return app;
}

type Show = (reply: FastifyReply, status: number, page: Page, visit: Visit) => FastifyReply;

function addRoutes(app: FastifyInstance, routes: Routes, door: Door, show: Show): void {
  const give = (request: FastifyRequest, reply: FastifyReply, answer: Answer): FastifyReply =>
    'goTo' in answer
      ? reply.redirect(answer.goTo, 303)
      : show(reply, 200, answer, door.visit(request));
  for (const [path, read] of Object.entries(routes.pages)) {
    app.get(path, async (request, reply) => give(request, reply, await read(queryOf(request))));
  }
  for (const [path, act] of Object.entries(routes.actions)) {
    app.post(path, async (request, reply) => {
      const fields = (request.body ?? {}) as Readonly<Record<string, string>>;
      door.demandGenuine(request, fields['token'] ?? '');
      return give(request, reply, await act({ ...queryOf(request), fields }));
    });
  }
  function queryOf(request: FastifyRequest): Query {
    return {
      visit: door.visit(request),
      query: Object.fromEntries(new URLSearchParams(request.url.split('?')[1] ?? '')),
      params: request.params as Readonly<Record<string, string>>,
    };
  }
}

/** What went wrong, in words; what nobody expected is in the log, and no page shows it. */
function failurePage(error: unknown, rooms: ApplicationRooms): [status: number, page: Page] {
  if (error instanceof Refusal) return [error.status, messagePage(error.title, error.message)];
  const gone = rooms.redisFailure();
  if (gone !== null) return [503, redisGonePage(gone.lastError)];
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  if (status < 500)
    return [status, messagePage('Not understood', 'These pages have no such form.')];
  rooms.logger.error({ error, at: framesOf(error) }, 'a page failed');
  const words = 'Something went wrong that nobody expected. The log of control says what.';
  return [500, messagePage('This page failed', words)];
}

function pathOf({ url }: Pick<IncomingMessage, 'url'>): string {
  return (url ?? '').split('?', 1)[0] ?? '';
}
