import { setTimeout as sleep } from 'node:timers/promises';
import { NEWEST_GRAPH_VERSION } from '#core/outcome/graph-versions.ts';
import type { SandboxOptions } from '#sandbox/sandbox.ts';
import { type RunningSandbox, startSandbox } from '#sandbox/server.ts';
import { NOW } from './sample-event.ts';

export const PIXEL = '1234567890';
export const TOKEN = 'a-token';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; null where it is none. */
  readonly json: Record<string, unknown> | null;
}

/** A sandbox on a free port whose clock is stopped, and a client for it. */
export interface SandboxClient {
  readonly url: string;
  readonly close: () => Promise<void>;
  readonly request: (method: string, path: string, body?: unknown) => Promise<Answer>;
  /** Posts events; rejects when the connection breaks. */
  readonly post: (body: unknown, how?: PostOptions) => Promise<Answer>;
  readonly behave: (behaviour: Record<string, unknown>) => Promise<Answer>;
  /** The state of the pixel. */
  readonly state: (pixel?: string) => Promise<Record<string, unknown>>;
}

interface State {
  readonly pixels: Readonly<Record<string, Record<string, unknown>>>;
}

export interface PostOptions {
  readonly pixel?: string;
  readonly version?: string;
  readonly path?: string;
  readonly token?: string | null;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

export async function openSandbox(options: Partial<SandboxOptions> = {}): Promise<SandboxClient> {
  const sandbox = await startSandbox({ port: 0, now: () => NOW * 1000, ...options });
  const request = (method: string, path: string, body?: unknown) =>
    ask(`${sandbox.url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    url: sandbox.url,
    close: sandbox.close,
    request,
    post: (body, how = {}) => postEvents(sandbox, body, how),
    behave: (behaviour) => request('POST', '/_sandbox/behaviour', behaviour),
    state: async (pixel = PIXEL) => {
      const state = (await request('GET', '/_sandbox/state')).json as State | null;
      return state?.pixels[pixel] ?? {};
    },
  };
}

function postEvents(sandbox: RunningSandbox, body: unknown, how: PostOptions): Promise<Answer> {
  const {
    pixel = PIXEL,
    version = NEWEST_GRAPH_VERSION,
    token = TOKEN,
    headers = {},
    signal,
  } = how;
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  return ask(`${sandbox.url}${how.path ?? `/${version}/${pixel}/events`}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: raw ? (body as string) : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

async function ask(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: jsonOf(text) };
}

function jsonOf(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** Asks until the answer satisfies, for at most ten seconds. */
export async function eventually<T>(ask: () => Promise<T>, ok: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const value = await ask();
    if (ok(value) || Date.now() > deadline) return value;
    await sleep(10);
  }
}
