import { createRequire } from 'node:module';
import { type MetadataResponse, readMetadataResponse } from './response.ts';

interface Payload {
  readonly topics: readonly string[];
  readonly allowAutoTopicCreation?: boolean;
}

interface Protocol {
  readonly request: object;
  readonly response: {
    decode(bytes: Buffer): Promise<MetadataResponse>;
    parse(data: MetadataResponse): Promise<MetadataResponse>;
  };
}

interface MetadataApi {
  versions: string[];
  protocol(which: { readonly version: number }): (payload: Payload) => Protocol;
}

const require = createRequire(import.meta.url);

/** The first version with the ids of topics, and the last one that is read here. */
const FIRST = 10;
const LAST = 12;

/** The newest that kafkajs 2.2.4 knows itself. */
const KAFKAJS_LAST = 6;

/**
 * Lets kafkajs ask for metadata with the ids of topics, where brokers know them (Kafka 2.8 and
 * newer). A topic that was deleted and created again has another id, which nothing else tells for
 * certain.
 */
export function installMetadataReader(): void {
  const { requests } = require('kafkajs/src/protocol/requests') as {
    requests: { Metadata: MetadataApi };
  };
  const Encoder = require('kafkajs/src/protocol/encoder') as new () => {
    writeBuffer(bytes: Buffer): unknown;
  };
  const { Metadata } = requests;
  const original = Metadata.protocol;
  Metadata.versions = [...Metadata.versions, String(LAST)];
  Metadata.protocol = ({ version }) => {
    const known = original({ version: Math.min(version, KAFKAJS_LAST) });
    if (version < FIRST) return known;
    return (payload) => {
      const { request, response } = known(payload);
      const encode = async (): Promise<unknown> =>
        new Encoder().writeBuffer(metadataRequest(payload, version));
      const decode = async (bytes: Buffer): Promise<MetadataResponse> =>
        readMetadataResponse(bytes);
      return {
        request: { ...request, apiVersion: version, encode },
        response: { ...response, decode },
      };
    };
  };
}

/**
 * A request of versions 10 to 12, from the end of its header on.
 * Source: kafka.apache.org/protocol, "Metadata API (Key: 3)".
 */
export function metadataRequest(
  { topics, allowAutoTopicCreation = true }: Payload,
  version: number,
): Buffer {
  const none = Buffer.from([0]);
  const named = topics.map((topic) => {
    const name = Buffer.from(topic, 'utf8');
    return Buffer.concat([Buffer.alloc(16), unsignedVarint(name.length + 1), name, none]);
  });
  // Null asks for every topic, as kafkajs means it where it names none.
  const count = topics.length === 0 ? none : unsignedVarint(topics.length + 1);
  // Until version 10 there is a flag for what the user may do with the cluster, beside the topics'.
  const flags = [allowAutoTopicCreation ? 1 : 0, 0, ...(version <= 10 ? [0] : [])];
  return Buffer.concat([none, count, ...named, Buffer.from(flags), none]);
}

function unsignedVarint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]);
}
