import { createRequire } from 'node:module';
import { ByteReader } from './fetch/byte-reader.ts';

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

/** The newest version that kafkajs 2.2.4 knows. */
const KAFKAJS_LAST = 6;

/**
 * Makes kafkajs ask for the ids of topics, where brokers know them (Kafka 2.8 and newer). Only the id
 * tells for certain that a topic was deleted and created again.
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
function metadataRequest(
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

/** An answer to a Metadata request in kafkajs's shape, plus the ids of topics. */
interface MetadataResponse {
  readonly throttleTime: number;
  readonly clientSideThrottleTime: number;
  readonly brokers: readonly BrokerAddress[];
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly topicMetadata: readonly TopicMetadata[];
}

interface BrokerAddress {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

interface TopicMetadata {
  readonly topicErrorCode: number;
  readonly topic: string;
  readonly isInternal: boolean;
  readonly partitionMetadata: TopicPartitions;
}

/** With the id of their topic: 16 bytes in base64url, null where the broker gives none. */
type TopicPartitions = readonly PartitionMetadata[] & { readonly topicId: string | null };

interface PartitionMetadata {
  readonly partitionErrorCode: number;
  readonly partitionId: number;
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly offlineReplicas: readonly number[];
}

const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Reads an answer of versions 10 to 12. Source: kafka.apache.org/protocol, "Metadata API (Key: 3)". */
function readMetadataResponse(bytes: Buffer): MetadataResponse {
  const reader = new FlexibleReader(bytes);
  reader.tags();
  const throttle = reader.int32();
  const brokers = reader.compactArray(() => {
    const nodeId = reader.int32();
    const host = reader.compactString() ?? '';
    const port = reader.int32();
    const rack = reader.compactString();
    reader.tags();
    return { nodeId, host, port, rack };
  });
  const clusterId = reader.compactString();
  const controllerId = reader.int32();
  const topicMetadata = reader.compactArray(() => readTopic(reader));
  // The broker has not waited itself: it asks the client to.
  const throttling = { throttleTime: 0, clientSideThrottleTime: throttle };
  return { ...throttling, brokers, clusterId, controllerId, topicMetadata };
}

function readTopic(reader: FlexibleReader): TopicMetadata {
  const topicErrorCode = reader.int16();
  const topic = reader.compactString() ?? '';
  const id = reader.slice(16).toString('base64url');
  const isInternal = reader.int8() !== 0;
  const partitions = reader.compactArray(() => readPartition(reader));
  // What the user may do with the topic: not asked for.
  reader.int32();
  reader.tags();
  // kafkajs hands on the partitions as they are, and nothing else that it does not know.
  const topicId = id === NO_ID ? null : id;
  return {
    topicErrorCode,
    topic,
    isInternal,
    partitionMetadata: Object.assign(partitions, { topicId }),
  };
}

function readPartition(reader: FlexibleReader): PartitionMetadata {
  const partitionErrorCode = reader.int16();
  const partitionId = reader.int32();
  const leader = reader.int32();
  // Its epoch.
  reader.int32();
  const [replicas = [], isr = [], offlineReplicas = []] = [1, 2, 3].map(() =>
    reader.compactArray(() => reader.int32()),
  );
  reader.tags();
  return { partitionErrorCode, partitionId, leader, replicas, isr, offlineReplicas };
}

/** The types that flexible versions of the protocol write in another way. */
class FlexibleReader extends ByteReader {
  unsignedVarint(): number {
    let value = 0;
    for (let scale = 1; scale <= 128 ** 4; scale *= 128) {
      const byte = this.int8() & 0xff;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number is longer than 5 bytes');
  }

  compactString(): string | null {
    const length = this.unsignedVarint();
    return length === 0 ? null : this.slice(length - 1).toString('utf8');
  }

  compactArray<T>(read: () => T): T[] {
    const items: T[] = [];
    for (let left = this.unsignedVarint(); left > 1; left -= 1) items.push(read());
    return items;
  }

  /** Skips fields that a later release of Kafka may have added. */
  tags(): void {
    for (let left = this.unsignedVarint(); left > 0; left -= 1) {
      this.unsignedVarint();
      this.slice(this.unsignedVarint());
    }
  }
}
