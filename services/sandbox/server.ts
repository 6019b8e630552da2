import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isNewer, servedVersions } from '#core/outcome/graph-versions.ts';
import { Access, type Authorization } from './access.ts';
import { BehaviourBook } from './behaviour/book.ts';
import { control, json } from './control.ts';
import { bearerOf, receiveEvents } from './events-endpoint.ts';
import {
  envelope,
  type GraphError,
  NO_TOKEN,
  newTraceId,
  retiredVersion,
  UNKNOWN_PATH,
  UNSUPPORTED_METHOD,
} from './graph-error.ts';
import { Journal } from './journal/journal.ts';
import { createSandboxMetrics } from './metrics.ts';
import { datasetQuality, type ReadAnswer } from './quality/endpoint.ts';
import type { Sandbox } from './sandbox.ts';
import { DEFAULT_OPTIONS, type SandboxOptions } from './sandbox.ts';

/**
 * Events; the quality of a dataset, which `capi-relay check` and control ask, here as of Meta; or the
 * pixel itself, which only a token of someone who manages it may read.
 */
const PATH =
  /^\/(?<version>v\d+\.\d+)\/(?:(?<events>[\w-]{1,64})\/events|dataset_quality|(?<pixel>\d{1,64}))\/?$/;
const CONTROL_PREFIX = '/_sandbox';
const KEEP_ALIVE_MS = 65_000;

/** As an imported module, it would make Node load its own HTTP client too. */
const { createServer } = process.getBuiltinModule('node:http');

export type RunningSandbox = Awaited<ReturnType<typeof startSandbox>>;

/** Starts the stand-in for Meta's Conversions API. */
export async function startSandbox(given: Partial<SandboxOptions> = {}) {
  const options = { ...DEFAULT_OPTIONS, ...given };
  const journal = new Journal(options.now());
  const sandbox: Sandbox = {
    options,
    journal,
    book: new BehaviourBook(options.random),
    access: new Access(options.pixels),
    metrics: createSandboxMetrics(journal),
  };
  for (const behaviour of options.behaviours) sandbox.book.add(behaviour);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void route(sandbox, request, response);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  /** Stops listening, and cuts off requests in progress. */
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port, url: `http://${options.host}:${port}`, close };
}

async function route(
  sandbox: Sandbox,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://sandbox');
  if (url === null) return refuse(response, UNKNOWN_PATH);
  const { pathname, searchParams } = url;
  if (pathname.startsWith(CONTROL_PREFIX)) {
    return control(sandbox, pathname.slice(CONTROL_PREFIX.length), url, request, response);
  }
  const { version, events, pixel = null } = PATH.exec(pathname)?.groups ?? {};
  if (version === undefined) return housekeeping(sandbox, pathname, response);
  const method = events === undefined ? 'GET' : 'POST';
  const fault = faultOf(sandbox.options, version, request.method, method);
  if (fault !== null) return refuse(response, fault);
  if (events !== undefined) return receiveEvents(sandbox, events, url, request, response);
  const token = bearerOf(request) ?? searchParams.get('access_token');
  if (!token) return refuse(response, NO_TOKEN);
  const proof = searchParams.get('appsecret_proof') ?? undefined;
  const answer = whatIsRead(sandbox, pixel, searchParams, { token, proof });
  if ('error' in answer) refuse(response, answer.error);
  else json(response, 200, answer.body);
}

/**
 * `GET /{version}/{pixel}?fields=id`, the pixel itself, and `GET /{version}/dataset_quality?dataset_id={pixel}`.
 * The token comes in the header or, as with every request to Meta, in the query.
 *
 * @param pixel null for the quality of a dataset, which the query names
 */
function whatIsRead(
  sandbox: Sandbox,
  pixel: string | null,
  query: URLSearchParams,
  authorization: Authorization,
): ReadAnswer {
  if (pixel === null) return datasetQuality(sandbox, query, authorization);
  const error = sandbox.access.refuseReading(pixel, 'pixel', authorization);
  return error === null ? { body: { id: pixel } } : { error };
}

/** Source: Meta, Graph API, versioning: a version that has ended is refused, and so is an unknown one. */
function faultOf(
  { versions: chosen, now }: SandboxOptions,
  version: string,
  method: string | undefined,
  wanted: 'GET' | 'POST',
): GraphError | null {
  const versions = chosen ?? servedVersions(now());
  if (versions.includes(version)) return method === wanted ? null : UNSUPPORTED_METHOD;
  const newest = versions.at(-1) ?? version;
  return isNewer(version, newest) ? UNKNOWN_PATH : retiredVersion(newest);
}

async function housekeeping(
  { metrics }: Sandbox,
  path: string,
  response: ServerResponse,
): Promise<void> {
  if (path === '/metrics') {
    response.writeHead(200, { 'content-type': metrics.contentType });
    response.end(await metrics.metrics());
  } else if (path === '/livez' || path === '/readyz') {
    json(response, 200, { status: 'ok' });
  } else {
    refuse(response, UNKNOWN_PATH);
  }
}

function refuse(response: ServerResponse, error: GraphError): void {
  const traceId = newTraceId();
  response.writeHead(error.status, {
    'content-type': 'application/json; charset=UTF-8',
    'x-fb-trace-id': traceId,
  });
  response.end(envelope(error, traceId));
}
