import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import got from 'got';
import type { GraphAnswer } from '#core/outcome/answer.ts';
import { answerTo } from './answer.ts';

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
      const sent = options.gzip ? await gzip(body, { level: 1 }) : body;
      return answerTo(client(`${pixelId}/events`, { body: sent, headers, signal }), signal);
    },
    close() {
      agent.http.destroy();
      agent.https.destroy();
    },
  };
}
