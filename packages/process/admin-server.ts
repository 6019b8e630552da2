import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ExpectedError } from '#config/errors.ts';
import type { Logger } from './logger.ts';
import { safeText } from './redact.ts';

/** As an imported module, it would make Node load its own HTTP client too. */
const { createServer } = process.getBuiltinModule('node:http');

/** One condition of a healthy process. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What is wrong; nothing secret. */
  readonly detail?: string;
}

/** A check that fails with a reason, and passes without one. */
export function check(name: string, fault: string | null): Check {
  return fault === null ? { name, ok: true } : { name, ok: false, detail: fault };
}

export interface AdminServerOptions {
  /** 0 picks a free one. */
  readonly port: number;
  /** The key of the configuration that gives the port. */
  readonly setting?: string;
  /** Address to listen on; every interface by default. */
  readonly host?: string | undefined;
  readonly page: () => Promise<string>;
  /** Decides about each request for `/metrics`; without it, everyone is admitted. */
  readonly metricsAccess?: MetricsAccess | undefined;
  /** Liveness: a failing check asks for a restart. */
  readonly live: () => Check[];
  /** Readiness: whether it does its job now. */
  readonly ready: () => Check[] | Promise<Check[]>;
  /** Answers every other path, for a process that serves pages. */
  readonly web?: RequestListener | undefined;
  readonly logger: Logger;
}

export type AdminServer = Awaited<ReturnType<typeof startAdminServer>>;

interface Answer extends Omit<AccessRefusal, 'headers'> {
  readonly type: string;
  readonly headers?: AccessRefusal['headers'];
}

const TEXT = 'text/plain; charset=utf-8';

/** Source: Prometheus, exposition formats. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const OURS: readonly string[] = ['/metrics', '/livez', '/readyz'];

const ROUTES = `\
/metrics  Prometheus metrics
/livez    liveness: 200 or 503; ?verbose lists every check
/readyz   readiness: 200 or 503; ?verbose lists every check
`;

/**
 * Serves `/metrics`, `/livez` and `/readyz`, and says in a log line where.
 * @throws ExpectedError when the port is taken
 */
export async function startAdminServer(options: AdminServerOptions) {
  const server = createServer((request, response) => {
    if (options.web === undefined || OURS.includes(pathOf(request))) {
      void serve(options, request, response);
    } else options.web(request, response);
  });
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  options.logger.info({ port }, 'listening');
  return {
    port,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const LISTEN_FAILURES: Readonly<
  Record<string, (port: number, host: string, setting: string) => string>
> = {
  EADDRINUSE: (port, _, setting) =>
    `port ${port} is taken: set ${setting} to another one, or to 0 for any that is free`,
  EACCES: (port, _, setting) =>
    `port ${port} needs a right that this process lacks: set ${setting} to one from 1024`,
  EADDRNOTAVAIL: (_, host) =>
    `host ${host} is not an address of this machine: configure one that is`,
  ENOTFOUND: (_, host) => `host ${host} has no address: configure an address of this machine`,
};

function listen(
  server: Server,
  { port, host, setting = 'port' }: AdminServerOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const words = LISTEN_FAILURES[error.code ?? '']?.(port, host ?? '', setting);
      reject(words === undefined ? error : new ExpectedError(words));
    });
    server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve);
  });
}

async function serve(
  options: AdminServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, type, body, headers } = await answer(options, request).catch((error: unknown) => {
    options.logger.error({ error }, 'admin request failed');
    return { status: 500, type: TEXT, body: 'failed: see the log\n', headers: {} };
  });
  response.writeHead(status, { ...headers, 'content-type': type, 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answer(options: AdminServerOptions, request: IncomingMessage): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, type: TEXT, body: 'only GET and HEAD\n' };
  }
  const [, query = ''] = (request.url ?? '').split('?');
  const verbose = new URLSearchParams(query).has('verbose');
  switch (pathOf(request)) {
    case '/metrics': {
      const refusal = (await options.metricsAccess?.(request)) ?? null;
      if (refusal !== null) return { ...refusal, type: TEXT };
      return { status: 200, type: METRICS_TYPE, body: await options.page() };
    }
    case '/livez':
      return report(options.live(), verbose);
    case '/readyz':
      return report(await options.ready(), verbose);
    default:
      return { status: 404, type: TEXT, body: ROUTES };
  }
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}

/** Every check if asked for, else those that fail. */
function report(checks: readonly Check[], verbose: boolean): Answer {
  const failing = checks.filter(({ ok }) => !ok);
  const shown = (verbose ? checks : failing).map(({ detail, ...rest }) =>
    detail === undefined ? rest : { ...rest, detail: safeText(detail) },
  );
  const body = { ok: failing.length === 0, checks: shown };
  return {
    status: body.ok ? 200 : 503,
    type: 'application/json',
    body: `${JSON.stringify(body)}\n`,
  };
}

/** The response to a request that is refused. */
export interface AccessRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Null admits a request to `/metrics`. */
export type MetricsAccess = (
  request: IncomingMessage,
) => AccessRefusal | null | Promise<AccessRefusal | null>;

const NO_TOKEN: AccessRefusal = {
  status: 401,
  headers: { 'www-authenticate': 'Bearer realm="capi-relay metrics"' },
  body: 'send metrics.token as bearer token\n',
};

/**
 * Admits requests that carry the token; the others go to `otherwise`, or are refused without it.
 * Without either, everyone may scrape.
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

/** A digest has the same length for every secret, so that the comparison takes constant time. */
function digestOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
