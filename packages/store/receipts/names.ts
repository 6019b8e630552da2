import { hash, hkdfSync } from 'node:crypto';
import type { KafkaCoordinates } from '#core/dead-letter/dead-letter.ts';

/*
 * The names under which receipts know messages. A message id may be personal, so that only 8 bytes of
 * a keyed hash of it are kept: among a hundred million ids two share them with a probability of
 * one in 3,700. What becomes of an event afterwards goes under its position in Kafka, of which every
 * record knows its own: no worker hashes anything for it.
 */

export const NAME_BYTES = 8;

const KEY_BYTES = 32;

/** Of what a derived key is for: one that is derived for anything else is another one. */
const PURPOSE = 'capi-relay message id 1';

/** The keys of the configuration; null where sealing is off. */
type Sealing = {
  readonly currentKey: string;
  readonly keys: readonly { readonly id: string; readonly key: Buffer }[];
} | null;

/** Hashes message ids, under the current key and under every other one that is configured. */
export class MessageNames {
  private readonly current: string;
  private readonly all: readonly string[];

  constructor(sealing: Sealing) {
    const secrets = sealing?.keys.map(({ id, key }) => ({ id, secret: secretOf(key) })) ?? [];
    this.current = secrets.find(({ id }) => id === sealing?.currentKey)?.secret ?? '';
    this.all = sealing === null ? [''] : secrets.map(({ secret }) => secret);
  }

  nameOf(messageId: string): Buffer {
    return Buffer.from(this.textOf(messageId), 'latin1');
  }

  /** The same as a string, of one character for each byte. */
  textOf(messageId: string): string {
    return keyedHash(this.current, messageId);
  }

  /** Every name that the message may have been given, under an earlier key too. */
  namesOf(messageId: string): Buffer[] {
    return this.all.map((secret) => Buffer.from(keyedHash(secret, messageId), 'latin1'));
  }
}

function secretOf(key: Buffer): string {
  return Buffer.from(hkdfSync('sha256', key, '', PURPOSE, KEY_BYTES)).toString('hex');
}

/**
 * The secret has a fixed length, and most of the hash is left out, so that nothing can be appended. A
 * string takes half the time of a buffer.
 */
function keyedHash(secret: string, messageId: string): string {
  return hash('sha256', secret + messageId, 'binary').slice(0, NAME_BYTES);
}

/** The name of a dead letter, whose id is never personal: it needs no key. */
export function letterName(id: string): Buffer {
  return hash('sha256', `dead letter ${id}`, 'buffer').subarray(0, NAME_BYTES);
}

type Position = Pick<KafkaCoordinates, 'topic' | 'partition' | 'offset'>;

/** Where the positions of a partition begin: two bytes of its own, and a start for its offsets. */
interface Base {
  readonly high: number;
  readonly low: number;
}

const LOW_BYTES = 6;
const LOW_RANGE = 2 ** (8 * LOW_BYTES);

/** Larger offsets do not occur; a difference beyond is that of another partition. */
const MOST_OFFSET = 2 ** 40;

/** Partitions whose bases are remembered. */
const MOST_BASES = 4096;

/** Names positions in Kafka by 8 bytes each, such that the offset can be told from the name. */
export class PositionNames {
  private readonly bases = new Map<string, Base>();

  /** Writes the name of a position to `at`. */
  write({ topic, partition, offset }: Position, into: Buffer, at: number): void {
    const { high, low } = this.baseOf(topic, partition);
    into.writeUInt16BE(high, at);
    into.writeUIntBE((low + Math.max(offset, 0)) % LOW_RANGE, at + 2, LOW_BYTES);
  }

  nameOf(position: Position): Buffer {
    const name = Buffer.allocUnsafe(NAME_BYTES);
    this.write(position, name, 0);
    return name;
  }

  /** The offset that a name stands for; null when it is that of another partition. */
  offsetIn(name: Buffer, topic: string, partition: number): number | null {
    const { high, low } = this.baseOf(topic, partition);
    if (name.readUInt16BE(0) !== high) return null;
    const offset = (name.readUIntBE(2, LOW_BYTES) - low + LOW_RANGE) % LOW_RANGE;
    return offset < MOST_OFFSET ? offset : null;
  }

  private baseOf(topic: string, partition: number): Base {
    const key = `${topic}/${partition}`;
    const known = this.bases.get(key);
    if (known !== undefined) return known;
    const hashed = hash('sha256', key, 'buffer');
    const base = { high: hashed.readUInt16BE(0), low: hashed.readUIntBE(2, LOW_BYTES) };
    if (this.bases.size >= MOST_BASES) this.bases.clear();
    this.bases.set(key, base);
    return base;
  }
}
