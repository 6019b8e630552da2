import { createRequire } from 'node:module';
import { decompressionLimit } from './decompress.ts';
import { FETCH_VERSIONS, type FetchResponse, readFetchResponse } from './response.ts';

interface Protocol {
  readonly request: unknown;
  readonly response: {
    decode(bytes: Buffer): Promise<FetchResponse>;
    parse(data: FetchResponse): Promise<FetchResponse>;
  };
}

interface FetchApi {
  protocol(which: { readonly version: number }): (payload: object) => Protocol;
}

const require = createRequire(import.meta.url);

/**
 * Reads what brokers send in place of kafkajs 2.2.4, which delivers records of transactions that were
 * given up, decompresses whatever it is given, ends the consumer for ever on a batch that it cannot
 * read, and takes a header's name for a property of every object.
 */
export function installFetchReader(): void {
  const { requests } = require('kafkajs/src/protocol/requests') as {
    requests: { Fetch: FetchApi };
  };
  const { Fetch } = requests;
  const original = Fetch.protocol;
  Fetch.protocol = ({ version }) => {
    const create = original({ version });
    if (version < FETCH_VERSIONS.first || version > FETCH_VERSIONS.last) return create;
    return (payload) => {
      const { response, ...rest } = create(payload);
      const decode = async (bytes: Buffer): Promise<FetchResponse> => {
        const answer = await readFetchResponse(bytes, version, decompressionLimit());
        noteEnds(answer);
        return answer;
      };
      return { ...rest, response: { ...response, decode } };
    };
  };
}

function noteEnds({ responses }: FetchResponse): void {
  for (const { topicName, partitions } of responses) {
    for (const { partition, errorCode, highWatermark } of partitions) {
      if (errorCode === 0) noteHighWatermark(topicName, partition, Number(highWatermark));
    }
  }
}

/*
 * Where partitions end, with what no one may read yet because a transaction before it is open: only
 * an answer to Fetch says it, and a consumer of kafkajs is told nothing of answers without messages.
 */
const known = new Map<string, number>();

export function noteHighWatermark(topic: string, partition: number, offset: number): void {
  known.set(`${topic}/${partition}`, offset);
}

/** The offset after the newest message as of the last fetch; null when none has been. */
export function highWatermarkOf(topic: string, partition: number): number | null {
  return known.get(`${topic}/${partition}`) ?? null;
}
