import kafkajs, { type GroupDescription } from 'kafkajs';

const { AssignerProtocol } = kafkajs;

/** A member of a consumer group, as it has told the brokers. */
export interface GroupMember {
  readonly clientId: string;
  /** The address that it comes from. */
  readonly host: string;
  /** Topic → the partitions that it reads. */
  readonly partitions: Readonly<Record<string, readonly number[]>>;
}

export interface Group {
  /** In Kafka's words; assignments are complete when it is `Stable`. */
  readonly state: string;
  readonly members: readonly GroupMember[];
}

/** What the brokers say of a group, with what its members have told each other. */
export function readGroup(description: GroupDescription | undefined): Group {
  const members = (description?.members ?? []).map((member) => ({
    clientId: member.clientId,
    host: member.clientHost.replace(/^\//, ''),
    partitions: decoded(() => partitionsOf(member.memberAssignment), {}),
  }));
  return { state: description?.state ?? 'Unknown', members };
}

/** Of the partitions that exist, those that no member reads; none while members still settle it. */
export function unassigned(
  { state, members }: Group,
  topic: string,
  partitions: Iterable<number>,
): number[] {
  if (state !== 'Stable') return [];
  const read = new Set(members.flatMap((member) => member.partitions[topic] ?? []));
  return [...partitions].filter((partition) => !read.has(partition));
}

function partitionsOf(bytes: Buffer): Record<string, number[]> {
  return AssignerProtocol.MemberAssignment.decode(bytes)?.assignment ?? {};
}

/** Members of other kinds may have told anything. */
function decoded<T>(decode: () => T, otherwise: T): T {
  try {
    return decode();
  } catch {
    return otherwise;
  }
}
