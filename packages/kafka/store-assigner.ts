import kafkajs, { type PartitionAssigner } from 'kafkajs';
import { ownerOf, readMemberStore, type StoreTag } from './group.ts';

const { AssignerProtocol, PartitionAssigners } = kafkajs;

/**
 * Deals partitions out in turn, as kafkajs does by itself and under the same name, so that members of
 * an earlier release may lead or follow. Each member tells where its messages go; one whose store is
 * not the one of the group gets no partition.
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
