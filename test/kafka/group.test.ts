import { describe, expect, test } from '@jest/globals';
import kafkajs, { type Cluster } from 'kafkajs';
import {
  ownerOf,
  readMemberStore,
  type StoreTag,
  storeAssigner,
  strangersTo,
} from '#kafka/group.ts';

const { AssignerProtocol, PartitionAssigners } = kafkajs;

const OLD: StoreTag = { id: 'old', since: 1 };
const NEW: StoreTag = { id: 'new', since: 2 };
const TOPICS = ['t'];

const cluster = {
  findTopicPartitionMetadata: () => [0, 1, 2, 3].map((partitionId) => ({ partitionId })),
} as unknown as Cluster;
const options = { cluster } as Parameters<ReturnType<typeof storeAssigner>>[0];

/** How a member joins; null is one of an earlier release. */
const joining = (store: StoreTag | null) =>
  (store === null ? PartitionAssigners.roundRobin : storeAssigner(store))(options).protocol({
    topics: TOPICS,
  });

/** Member → its partitions, as a leader with this store deals them out. */
async function dealt(leader: StoreTag, stores: readonly (StoreTag | null)[]): Promise<unknown> {
  const members = stores.map((store, index) => ({
    memberId: `m${index}`,
    memberMetadata: joining(store).metadata,
  }));
  const found = await storeAssigner(leader)(options).assign({ members, topics: TOPICS });
  return Object.fromEntries(
    found.map(({ memberId, memberAssignment }) => [
      memberId,
      AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment['t'],
    ]),
  );
}

describe('dealing partitions out', () => {
  test.each<[string, StoreTag, (StoreTag | null)[], unknown]>([
    ['in turn to members of one store', OLD, [OLD, OLD], { m0: [0, 2], m1: [1, 3] }],
    ['in turn to members of earlier releases', OLD, [null, OLD], { m0: [0, 2], m1: [1, 3] }],
    ['to the older store alone', OLD, [NEW, OLD], { m1: [0, 1, 2, 3] }],
    ['to the older store, also where a stranger leads', NEW, [NEW, OLD], { m1: [0, 1, 2, 3] }],
    ['to the older store, however many strangers come', NEW, [NEW, NEW, OLD], { m2: [0, 1, 2, 3] }],
  ])('%s', async (_, leader, stores, expected) => {
    expect(await dealt(leader, stores)).toEqual(expected);
  });

  test('goes by the name that earlier releases know', () => {
    expect(joining(OLD).name).toBe(joining(null).name);
  });
});

test('stores of one moment are told apart by their ids, in whatever order they come', () => {
  const [a, b] = [
    { id: 'a', since: 5 },
    { id: 'b', since: 5 },
  ];
  expect(ownerOf([a, null, b])).toBe(a);
  expect(ownerOf([b, null, a])).toBe(a);
  expect(ownerOf([null])).toBeNull();
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['no JSON', 'x'],
  ['another form', '{"store":1}'],
  ['null', 'null'],
])('a member that tells %s has no store', (_, told) => {
  const userData = Buffer.from(told as string);
  const encode = AssignerProtocol.MemberMetadata.encode;
  expect(readMemberStore(encode({ version: 0, topics: TOPICS, userData }))).toBeNull();
  expect(readMemberStore(userData)).toBeNull();
});

test('strangers are those that tell another store', () => {
  const members = [OLD, NEW, null].map((store) => ({
    clientId: 'c',
    host: 'h',
    partitions: {},
    store,
  }));
  const group = { state: 'Stable', members };
  expect(strangersTo(OLD, group).map(({ store }) => store)).toEqual([NEW]);
  expect(strangersTo(null, group).map(({ store }) => store)).toEqual([OLD, NEW]);
});
