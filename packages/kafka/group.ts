import kafkajs, { type GroupDescription, type PartitionAssigner } from 'kafkajs';

const { AssignerProtocol, PartitionAssigners } = kafkajs;

/** Where the messages that a member reads go: a Redis and its prefix. */
export interface StoreTag {
  readonly id: string;
  /** When it was first used, Unix ms. */
  readonly since: number;
}

/** A member of a consumer group, as the brokers know it. */
export interface GroupMember {
  readonly clientId: string;
  /** The address that it comes from. */
  readonly host: string;
  /** Null when it does not tell, as an ingest of an earlier release. */
  readonly store: StoreTag | null;
  /** Topic → the partitions that it reads. */
  readonly partitions: Readonly<Record<string, readonly number[]>>;
}

export interface ConsumerGroup {
  /** In Kafka's words; assignments are complete when it is `Stable`. */
  readonly state: string;
  readonly members: readonly GroupMember[];
}

/** A group as the brokers describe it, with the metadata of its members. */
export function readGroup(description: GroupDescription | undefined): ConsumerGroup {
  const members = (description?.members ?? []).map((member) => ({
    clientId: member.clientId,
    host: member.clientHost.replace(/^\//, ''),
    store: readMemberStore(member.memberMetadata),
    partitions: decoded(
      () => AssignerProtocol.MemberAssignment.decode(member.memberAssignment)?.assignment ?? {},
      {},
    ),
  }));
  return { state: description?.state ?? 'Unknown', members };
}

/**
 * The store that owns the group: of the stores that members tell, the one that was used first. No order
 * of restarts hands the group to another one.
 */
export function ownerOf(stores: readonly (StoreTag | null)[]): StoreTag | null {
  return stores.reduce<StoreTag | null>((oldest, store) => {
    if (oldest === null || store === null) return oldest ?? store;
    if (store.since !== oldest.since) return store.since < oldest.since ? store : oldest;
    return store.id < oldest.id ? store : oldest;
  }, null);
}

/** The members whose messages go to another store than this one; null is one that no member has. */
export function strangersTo(store: StoreTag | null, { members }: ConsumerGroup): GroupMember[] {
  return members.filter((member) => member.store !== null && member.store.id !== store?.id);
}

/** The store that a member names in the metadata with which it joins. */
export function readMemberStore(metadata: Buffer): StoreTag | null {
  return decoded(() => {
    const { userData } = AssignerProtocol.MemberMetadata.decode(metadata) ?? {};
    const { store, since } = JSON.parse((userData ?? '').toString()) as Record<string, unknown>;
    if (typeof store !== 'string' || typeof since !== 'number') return null;
    return { id: store, since };
  }, null);
}

/** The partitions that no member reads; empty while the group is rebalancing. */
export function unassigned(
  { state, members }: ConsumerGroup,
  topic: string,
  partitions: Iterable<number>,
): number[] {
  if (state !== 'Stable') return [];
  const read = new Set(members.flatMap((member) => member.partitions[topic] ?? []));
  return [...partitions].filter((partition) => !read.has(partition));
}

/** Members of other kinds may send anything. */
function decoded<T>(decode: () => T, otherwise: T): T {
  try {
    return decode();
  } catch {
    return otherwise;
  }
}

/**
 * Assigns partitions round-robin, as kafkajs does and under the same name, so that members of an earlier
 * release can lead or follow. Each member tells its store; one whose store does not own the group gets
 * no partition.
 */
export function storeAssigner(store: StoreTag): PartitionAssigner {
  return (options) => {
    const inTurn = PartitionAssigners.roundRobin(options);
    return {
      ...inTurn,
      assign({ members, topics }) {
        const tags = members.map(({ memberMetadata }) => readMemberStore(memberMetadata));
        const owner = ownerOf(tags);
        const admitted = members.filter((_, index) => {
          const tag = tags[index] ?? null;
          return tag === null || tag.id === owner?.id;
        });
        return inTurn.assign({ members: admitted, topics });
      },
      protocol({ topics }) {
        const userData = Buffer.from(JSON.stringify({ store: store.id, since: store.since }));
        const metadata = AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData });
        return { name: inTurn.protocol({ topics }).name, metadata };
      },
    };
  };
}
