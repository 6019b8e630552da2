import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import got, { CancelError, RequestError, TimeoutError } from 'got';
import type { GraphAnswer } from '#core/outcome/answer.ts';

const gzip = promisify(gzipCallback);

interface GraphClientOptions {
  /** Such as https://graph.facebook.com. */
  readonly url: string;
  readonly version: string;
  readonly timeoutMs: number;
  /** Compress request bodies; Meta does not document that it accepts them. */
  readonly gzip: boolean;
}

/** Posts batches to Meta's Conversions API. */
export interface GraphClient {
  /** Never throws: a failure is an answer too. An answer may quote the token, and is only for `classify`. */
  post(pixelId: string, token: string, body: Buffer, signal: AbortSignal): Promise<GraphAnswer>;
  close(): void;
}

/** Longer answers do not come from Meta; its own have a few hundred bytes. */
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

export function createGraphClient(options: GraphClientOptions): GraphClient {
  const agent = {
    http: new HttpAgent({ keepAlive: true }),
    https: new HttpsAgent({ keepAlive: true }),
  };
  const client = got.extend({
    prefixUrl: new URL(options.version, options.url).href,
    method: 'POST',
    agent,
    // The queue owns retries; a second layer would multiply them.
    retry: { limit: 0 },
    throwHttpErrors: false,
    followRedirect: false,
    timeout: { request: options.timeoutMs },
    headers: { 'content-type': 'application/json', 'user-agent': 'capi-relay' },
  });
  return {
    async post(pixelId, token, body, signal) {
      const headers: Record<string, string> = { authorization: `Bearer ${token}` };
      if (options.gzip) headers['content-encoding'] = 'gzip';
      try {
        const sent = options.gzip ? await gzip(body, { level: 1 }) : body;
        const request = client(`${pixelId}/events`, { body: sent, headers, signal });
        request.on('downloadProgress', ({ transferred }) => {
          if (transferred > MAX_ANSWER_BYTES) request.cancel();
        });
        const { statusCode, headers: answered, body: text } = await request;
        return { kind: 'answered', status: statusCode, headers: answered, body: text };
      } catch (error) {
        return unanswered(error, signal);
      }
    },
    close() {
      agent.http.destroy();
      agent.https.destroy();
    },
  };
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
