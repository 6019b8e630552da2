import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import type { GraphAnswer } from '#core/outcome/answer.ts';
import { type ApiOptions, answerTo, connectApi } from './answer.ts';

const gzip = promisify(gzipCallback);

interface GraphClientOptions extends ApiOptions {
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
  const { client, close } = connectApi(options);
  return {
    async post(pixelId, token, body, signal) {
      const headers: Record<string, string> = {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
      };
      if (options.gzip) headers['content-encoding'] = 'gzip';
      const sent = options.gzip ? await gzip(body, { level: 1 }) : body;
      return answerTo(client.post(`${pixelId}/events`, { body: sent, headers, signal }), signal);
    },
    close,
  };
}
