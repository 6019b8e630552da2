import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { CancelError, RequestError, type Response, TimeoutError } from 'got';
import type { GraphAnswer } from '#core/outcome/answer.ts';

/** Longer answers do not come from Meta; its own have a few hundred bytes, or some kilobytes of quality. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Phases in which a timeout proves that the request had not been sent. */
const BEFORE_SENDING = new Set(['lookup', 'connect', 'secureConnect', 'socket']);

/** Errors after which the request cannot have reached a server. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Which API, and how long to wait for each of its answers. */
export interface ApiOptions {
  /** Such as https://graph.facebook.com. */
  readonly url: string;
  readonly version: string;
  readonly timeoutMs: number;
}

/** A client of one version of the API, over connections of its own. For {@link answerTo}. */
export function connectApi({ url, version, timeoutMs }: ApiOptions) {
  const agent = {
    http: new HttpAgent({ keepAlive: true }),
    https: new HttpsAgent({ keepAlive: true }),
  };
  const client = got.extend({
    prefixUrl: new URL(version, url).href,
    agent,
    // The caller owns retries; a second layer would multiply them.
    retry: { limit: 0 },
    throwHttpErrors: false,
    // It would send the token elsewhere.
    followRedirect: false,
    timeout: { request: timeoutMs },
    headers: { 'user-agent': 'capi-relay' },
  });
  const close = (): void => {
    agent.http.destroy();
    agent.https.destroy();
  };
  return { client, close };
}

/** A request of got that is under way. */
interface Request extends Promise<Response<string>> {
  on(event: 'downloadProgress', listener: (progress: { transferred: number }) => void): unknown;
  cancel(): void;
}

/** Waits for an answer. Never throws: a failure is an answer too. */
export async function answerTo(request: Request, signal: AbortSignal): Promise<GraphAnswer> {
  request.on('downloadProgress', ({ transferred }) => {
    if (transferred > MAX_ANSWER_BYTES) request.cancel();
  });
  try {
    const { statusCode, headers, body } = await request;
    return { kind: 'answered', status: statusCode, headers, body };
  } catch (error) {
    return unanswered(error, signal);
  }
}

function unanswered(error: unknown, signal: AbortSignal): GraphAnswer {
  if (signal.aborted) return { kind: 'unanswered', cause: 'stopped', sent: true, code: 'ABORTED' };
  if (error instanceof TimeoutError) {
    const sent = !BEFORE_SENDING.has(error.event);
    return { kind: 'unanswered', cause: 'timeout', sent, code: error.event };
  }
  if (error instanceof CancelError) {
    return { kind: 'unanswered', cause: 'network', sent: true, code: 'ANSWER_TOO_LARGE' };
  }
  if (error instanceof RequestError) {
    const sent = !NEVER_CONNECTED.has(error.code);
    return { kind: 'unanswered', cause: 'network', sent, code: error.code };
  }
  throw error;
}
