import { createRequire } from 'node:module';
import { ByteReader } from './fetch/byte-reader.ts';

interface Payload {
  readonly topics: readonly string[];
  readonly allowAutoTopicCreation?: boolean;
}

interface MetadataApi {
  versions: string[];
  protocol(which: {
    readonly version: number;
  }): (payload: Payload) => { readonly request: object; readonly response: object };
}

/** As far as it is used here: each method writes, and returns the encoder. */
interface Encoder {
  writeUVarInt(value: number): Encoder;
  writeUVarIntString(value: string): Encoder;
  writeBuffer(bytes: Buffer): Encoder;
  writeBoolean(value: boolean): Encoder;
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
  const KafkaEncoder = require('kafkajs/src/protocol/encoder') as new () => Encoder;
  const { Metadata } = requests;
  const original = Metadata.protocol;
  Metadata.versions = [...Metadata.versions, String(LAST)];
  Metadata.protocol = ({ version }) => {
    const known = original({ version: Math.min(version, KAFKAJS_LAST) });
    if (version < FIRST) return known;
    return (payload) => {
      const { request, response } = known(payload);
      const encode = async () => writeMetadataRequest(new KafkaEncoder(), payload, version);
      const decode = async (bytes: Buffer) => readMetadataResponse(bytes);
      return {
        request: { ...request, apiVersion: version, encode },
        response: { ...response, decode },
      };
    };
  };
}

/**
 * Writes a request of versions 10 to 12, from the end of its header on.
 * Source: kafka.apache.org/protocol, "Metadata API (Key: 3)".
 */
function writeMetadataRequest(
  encoder: Encoder,
  { topics, allowAutoTopicCreation = true }: Payload,
  version: number,
): Encoder {
  const noTags = 0;
  // Null asks for every topic, as kafkajs means it where it names none.
  encoder.writeUVarInt(noTags).writeUVarInt(topics.length === 0 ? 0 : topics.length + 1);
  for (const topic of topics) {
    encoder.writeBuffer(NO_ID).writeUVarIntString(topic).writeUVarInt(noTags);
  }
  // Until version 10 there is a flag for what the user may do with the cluster, beside the topics'.
  encoder.writeBoolean(allowAutoTopicCreation).writeBoolean(false);
  if (version <= 10) encoder.writeBoolean(false);
  return encoder.writeUVarInt(noTags);
}

const NO_ID = Buffer.alloc(16);

/**
 * Reads an answer of versions 10 to 12 into kafkajs's shape, plus the ids of topics.
 * Source: kafka.apache.org/protocol, "Metadata API (Key: 3)".
 */
function readMetadataResponse(bytes: Buffer) {
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

function readTopic(reader: FlexibleReader) {
  const topicErrorCode = reader.int16();
  const topic = reader.compactString() ?? '';
  const id = reader.slice(16);
  const isInternal = reader.int8() !== 0;
  const partitions = reader.compactArray(() => readPartition(reader));
  // What the user may do with the topic: not asked for.
  reader.int32();
  reader.tags();
  // kafkajs hands on the partitions as they are, and nothing else that it does not know.
  const topicId = id.equals(NO_ID) ? null : id.toString('base64url');
  const partitionMetadata = Object.assign(partitions, { topicId });
  return { topicErrorCode, topic, isInternal, partitionMetadata };
}

function readPartition(reader: FlexibleReader) {
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
