import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { PixelNames } from '#core/pixel-names.ts';
import type { Logger } from '#process/logger.ts';
import { stackFrames } from '#process/redact.ts';
import { describeFindings, permissionFindings } from '#store/health.ts';
import { findMissingPermissions } from '#store/permissions.ts';
import { redisFault } from '#store/redis-fault.ts';
import { type AssetPaths, addAssets } from './assets.ts';
import { frame, messagePage, type Page, redisDownPage, type Visit } from './layout.ts';
import type { ControlMetrics } from './metrics.ts';
import { HttpError, type RouteDeps, type Routes } from './routes/route.ts';
import type { Authorizer } from './security/authorizer.ts';
import { type Csrf, FOREIGN_FORM, isCsrfError, registerCsrf } from './security/csrf.ts';
import { SECURITY_HEADERS } from './security/headers.ts';

interface ApplicationDeps extends Pick<RouteDeps, 'configuration' | 'store' | 'redis'> {
  readonly routes: Routes;
  readonly authorizer: Authorizer;
  readonly metrics: Pick<ControlMetrics, 'controlRequests'>;
  readonly logger: Logger;
}

const BODY_LIMIT_BYTES = 65_536;

/** Serves the pages: everything between a request and its answer that they share. */
export async function createApplication(deps: ApplicationDeps): Promise<FastifyInstance> {
  const { authorizer, metrics } = deps;
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    logger: false,
    exposeHeadRoutes: true,
    routerOptions: { querystringParser: parseFields },
  });
  app.removeAllContentTypeParsers();
  await app.register(formbody, { parser: parseFields });
  await app.register(helmet, SECURITY_HEADERS);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=()');
    return authorizer.authorize(request, reply);
  });
  app.addHook('onResponse', async (_request, { statusCode }) => {
    metrics.controlRequests.inc({ code: `${Math.floor(statusCode / 100)}xx` });
  });
  const csrf = await registerCsrf(app, authorizer.visitorOf);
  const renderer = createRenderer(deps, csrf, await addAssets(app));
  addRoutes(app, deps.routes, renderer, csrf);
  app.setNotFoundHandler((request, reply) => {
    const page = messagePage('Not found', `There is no page ${pathOf(request)}.`);
    renderer.send(request, reply, page, 404);
  });
  app.setErrorHandler(async (error, request, reply) => {
    const [status, page] = await errorPage(error, deps);
    return renderer.send(request, reply, page, status);
  });
  await app.ready();
  return app;
}

function parseFields(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

type Renderer = ReturnType<typeof createRenderer>;

/** Renders pages for the visitor of a request. */
function createRenderer(
  { authorizer, configuration }: Pick<ApplicationDeps, 'authorizer' | 'configuration'>,
  csrf: Csrf,
  assets: AssetPaths,
) {
  const visits = new WeakMap<FastifyRequest, Visit>();
  /** The same for a request however often it is called: a new browser gets one cookie. */
  const visitOf = (request: FastifyRequest, reply: FastifyReply): Visit => {
    const visitor = authorizer.visitorOf(request);
    const visit = visits.get(request) ?? {
      visitor,
      mayAct: authorizer.mayAct(visitor),
      token: csrf.token(request, reply),
      path: pathOf(request),
      now: Date.now(),
      names: new PixelNames(configuration().pixels),
    };
    visits.set(request, visit);
    return visit;
  };
  const send = (request: FastifyRequest, reply: FastifyReply, page: Page, status = 200) =>
    reply
      .code(status)
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(frame(page, visitOf(request, reply), assets).text);
  return { visitOf, send };
}

interface Fields {
  Params: Readonly<Record<string, string>>;
  Querystring: Readonly<Record<string, string>>;
  Body: Readonly<Record<string, string>> | undefined;
}

function addRoutes(app: FastifyInstance, routes: Routes, renderer: Renderer, csrf: Csrf): void {
  for (const [route, handle] of Object.entries(routes)) {
    const [method = '', url = ''] = route.split(' ');
    app.route<Fields>({
      method,
      url,
      preHandler: method === 'POST' ? csrf.verify : [],
      async handler(request, reply) {
        const { query, params, body } = request;
        const visit = renderer.visitOf(request, reply);
        const result = await handle({ visit, query, params, fields: body ?? {} });
        return 'redirectTo' in result
          ? reply.redirect(result.redirectTo, 303)
          : renderer.send(request, reply, result);
      },
    });
  }
}

/** The page for an error; unexpected errors go to the log, and no page shows them. */
async function errorPage(
  error: unknown,
  deps: ApplicationDeps,
): Promise<[status: number, page: Page]> {
  if (error instanceof HttpError) return [error.status, messagePage(error.title, error.message)];
  if (isCsrfError(error)) return [403, messagePage(...FOREIGN_FORM)];
  const redis = deps.redis();
  if (redis.ok !== true) return [503, redisDownPage(redis)];
  if (redisFault(error) === 'not_allowed') return [503, await forbiddenPage(deps)];
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  if (status < 500)
    return [status, messagePage('Invalid request', 'Control does not accept this request.')];
  deps.logger.error({ error, at: stackFrames(error) }, 'a page failed');
  return [500, messagePage('Unexpected error', 'This page failed. See the log of control.')];
}

/** To a script Redis does not say which command its user lacks: that is tried out. */
async function forbiddenPage({ store }: ApplicationDeps): Promise<Page> {
  const missing = await findMissingPermissions(store).catch(() => null);
  const findings = missing === null ? [] : permissionFindings(store, missing);
  const named = findings.length === 0 ? 'capi-relay check names it.' : describeFindings(findings);
  return messagePage(
    'Redis refuses this page',
    `Redis does not do what this page asks for: ${named}`,
  );
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? '';
}
