/*
 * Written here rather than with Confluent's client, which brings the clients of four key management services,
 * and with which a registry that fails, one that refuses and one that lacks a schema are hard to tell apart.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { asObject, type Json } from '#core/event/track-event.ts';
import { tlsFault } from '#core/text/tls-fault.ts';
import { RegistryFailure } from './registry-failure.ts';

/** Where a registry is, and how to log in. */
export interface RegistryOptions {
  /** Several of one registry: the next is asked where one does not answer. */
  readonly urls: readonly string[];
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  /** Texts of certificate files. */
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly passphrase?: string;
    readonly servername?: string;
  };
  /** Longest wait for an answer, in ms. */
  readonly timeoutMs: number;
}

/** What a registry answers: its JSON, or that it does not have it. */
export type RegistryAnswer =
  | { readonly found: Json | readonly unknown[] }
  | { readonly missing: true };

interface Response {
  readonly status: number;
  readonly body: string;
}

const MOST_BYTES = 4 * 1024 * 1024;

const TLS_KEYS = {
  ca: 'schemaRegistry.tls.caFile',
  cert: 'schemaRegistry.tls.certFile',
  serverName: 'schemaRegistry.tls.serverName',
  without: 'correct schemaRegistry.urls',
};

/**
 * Asks a registry for a resource of its published API.
 * Source: docs.confluent.io/platform/current/schema-registry/develop/api.html.
 * @throws RegistryFailure where it does not answer, or refuses
 */
export async function askRegistry(options: RegistryOptions, path: string): Promise<RegistryAnswer> {
  let failure: unknown;
  for (const url of options.urls) {
    try {
      return await ask(options, new URL(`${url.replace(/\/$/, '')}${path}`));
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function ask(options: RegistryOptions, url: URL): Promise<RegistryAnswer> {
  // Without what a URL may hide.
  const place = `the schema registry at ${url.origin}`;
  const response = await send(options, url).catch((error: Error & { code?: unknown }) => {
    const fault = tlsFault(error.code, TLS_KEYS);
    const late = error.code === 'ABORT_ERR' ? `no answer within ${options.timeoutMs} ms` : null;
    const why = fault?.problem ?? late ?? String(error.code ?? error.name);
    const fix = fault?.fix ?? 'start it, or correct schemaRegistry.urls';
    throw new RegistryFailure('unreachable', `${place} does not answer (${why})`, fix);
  });
  return read(response, place);
}

function read({ status, body }: Response, place: string): RegistryAnswer {
  const json = parse(body);
  if (status === 200 && json !== null) return { found: json };
  const code = asObject(json)?.['error_code'];
  if (isMissing(status, code)) return { missing: true };
  const problem = `${place} answers with HTTP ${status}`;
  if (status === 401) {
    const fix = 'correct schemaRegistry.username and its password, or its token';
    throw new RegistryFailure('not_allowed', problem, fix);
  }
  if (status === 403) {
    const fix = 'allow this user to read the schemas of the topics';
    throw new RegistryFailure('not_allowed', problem, fix);
  }
  if (status >= 500 || status === 429 || status === 408) {
    throw new RegistryFailure('unreachable', problem, 'see its own log');
  }
  const fix = 'check that schemaRegistry.urls is where a registry has its API';
  throw new RegistryFailure('other', `${problem}, which is no answer of a registry`, fix);
}

/**
 * Whether it says that it has no such schema, subject or version. Any other 404 comes from something that
 * is no registry, and must not make dead letters.
 */
function isMissing(status: number, code: unknown): boolean {
  const codes = [40401, 40402, 40403];
  return (status === 404 && codes.includes(Number(code))) || (status === 422 && code === 42202);
}

function parse(body: string): Json | readonly unknown[] | null {
  try {
    const json: unknown = JSON.parse(body);
    return Array.isArray(json) ? json : asObject(json);
  } catch {
    return null;
  }
}

function send(options: RegistryOptions, url: URL): Promise<Response> {
  const { username, password = '', token, tls = {}, timeoutMs } = options;
  const pair = `${username}:${password}`;
  const login =
    token === undefined ? `Basic ${Buffer.from(pair).toString('base64')}` : `Bearer ${token}`;
  const isOpen = token === undefined && username === undefined;
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      headers: {
        accept: 'application/vnd.schemaregistry.v1+json, application/json',
        ...(isOpen ? {} : { authorization: login }),
      },
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      ...tls,
    });
    asked.on('error', reject);
    asked.on('response', (response) => readBody(response).then(resolve, reject));
    asked.end();
  });
}

async function readBody(response: IncomingMessage): Promise<Response> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw Object.assign(new Error(), { code: 'ANSWER_TOO_LONG' });
    parts.push(part);
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(parts).toString('utf8') };
}
