import type { Redis } from '#store/connection.ts';

/**
 * A key of Redis as text: read by its type rather than by DUMP, whose format an older Redis does not
 * take, and so that a person can see what a release wrote. What is no UTF-8 is base64.
 */
export interface RecordedKey {
  readonly key: string;
  readonly type: 'string' | 'hash' | 'list' | 'set' | 'zset' | 'stream';
  /** Unix ms at which it expires; null where it does not. */
  readonly expiresAt: number | null;
  /** Its value; members, or names and values in turn. */
  readonly value: readonly RecordedText[];
}

type RecordedText = string | { readonly base64: string };

/** Every key below a prefix, sorted by name. @param nowMs Unix ms of Redis */
export async function readContent(
  redis: Redis,
  prefix: string,
  nowMs: number,
): Promise<RecordedKey[]> {
  const keys = (await redis.keys(`${prefix}:*`)).sort();
  return Promise.all(
    keys.map(async (key) => {
      const type = (await redis.type(key)) as RecordedKey['type'];
      const [ttl, value] = [await redis.pttl(key), await READ[type](redis, key)];
      return { key, type, expiresAt: ttl < 0 ? null : nowMs + ttl, value: value.map(toText) };
    }),
  );
}

type Read = (redis: Redis, key: string) => Promise<Buffer[]>;

const READ: Readonly<Record<RecordedKey['type'], Read>> = {
  string: async (redis, key) => [(await redis.getBuffer(key)) ?? Buffer.alloc(0)],
  hash: async (redis, key) => {
    const values = await redis.hvalsBuffer(key);
    const fields = await redis.hkeysBuffer(key);
    return fields.flatMap((field, index) => [field, values[index] ?? Buffer.alloc(0)]);
  },
  list: (redis, key) => redis.lrangeBuffer(key, 0, -1),
  set: (redis, key) => redis.smembersBuffer(key),
  zset: (redis, key) => redis.zrangeBuffer(key, '0', '-1', 'WITHSCORES'),
  // An entry is its id, the number of its texts, and these.
  stream: async (redis, key) => {
    const entries = await redis.xrangeBuffer(key, '-', '+');
    return entries.flatMap(([id, texts]) => [id, Buffer.from(String(texts.length)), ...texts]);
  },
};

function toText(value: Buffer): RecordedText {
  const text = value.toString('utf8');
  return Buffer.from(text).equals(value) ? text : { base64: value.toString('base64') };
}

function toValue(text: RecordedText): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : Buffer.from(text.base64, 'base64');
}

/**
 * Writes keys as they were, under other names. One that has expired since is not written.
 * @param nameOf the name of a key here
 */
export async function writeContent(
  redis: Redis,
  content: readonly RecordedKey[],
  nameOf: (key: string) => string,
): Promise<void> {
  for (const { key, type, expiresAt, value } of content) {
    if (expiresAt !== null && expiresAt <= Date.now()) continue;
    const name = nameOf(key);
    const values = value.map(toValue);
    for (const [command, ...args] of commandsOf(type, values)) {
      await redis.call(command, name, ...args);
    }
    if (expiresAt !== null) await redis.pexpireat(name, expiresAt);
  }
}

function commandsOf(type: RecordedKey['type'], values: Buffer[]): [string, ...Buffer[]][] {
  switch (type) {
    case 'string':
      return [['set', ...values]];
    case 'hash':
      return [['hset', ...values]];
    case 'list':
      return [['rpush', ...values]];
    case 'set':
      return [['sadd', ...values]];
    case 'zset':
      return pairsOf(values).map(([member, score]) => ['zadd', score, member]);
    case 'stream':
      return entriesOf(values).map((entry) => ['xadd', ...entry]);
  }
}

function pairsOf(values: readonly Buffer[]): [Buffer, Buffer][] {
  const empty = Buffer.alloc(0);
  const at = Array.from({ length: values.length / 2 }, (_, index) => index * 2);
  return at.map((index) => [values[index] ?? empty, values[index + 1] ?? empty]);
}

function entriesOf(values: readonly Buffer[]): Buffer[][] {
  const entries: Buffer[][] = [];
  for (let at = 0; at < values.length; ) {
    const fields = Number(values[at + 1]?.toString());
    entries.push([values.slice(at, at + 1), values.slice(at + 2, at + 2 + fields)].flat());
    at += 2 + fields;
  }
  return entries;
}
