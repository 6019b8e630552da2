import { ByteReader } from '../fetch/byte-reader.ts';

/** An answer to a Metadata request in kafkajs's shape, with what it does not know: the topics' ids. */
export interface MetadataResponse {
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
  readonly partitionMetadata: Partitions;
}

/** With the id of their topic: sixteen bytes in base64url, null where the broker gives none. */
export type Partitions = readonly PartitionMetadata[] & { readonly topicId: string | null };

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
export function readMetadataResponse(bytes: Buffer): MetadataResponse {
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
