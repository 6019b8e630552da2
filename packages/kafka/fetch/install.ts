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
 * Decodes fetch responses instead of kafkajs 2.2.4, which delivers records of aborted transactions,
 * decompresses without a limit, stops the consumer for good on a batch that it cannot read, and confuses
 * a header's name with a property that every object inherits.
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

/*
 * High watermarks of partitions, which include what cannot be read yet because a transaction is open.
 * Only a fetch response tells them, and kafkajs passes no response without messages to a consumer.
 */
const known = new Map<string, number>();

function noteEnds({ responses }: FetchResponse): void {
  for (const { topicName, partitions } of responses) {
    for (const { partition, errorCode, highWatermark } of partitions) {
      if (errorCode === 0) known.set(`${topicName}/${partition}`, Number(highWatermark));
    }
  }
}

/** The offset after the newest message as of the last fetch; null when none has been. */
export function highWatermarkOf(topic: string, partition: number): number | null {
  return known.get(`${topic}/${partition}`) ?? null;
}
