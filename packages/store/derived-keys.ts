import { hkdfSync, randomBytes } from 'node:crypto';

export const SALT_BYTES = 16;

const KEY_BYTES = 32;

/** Of what a derived key is for: one that is derived for anything else is another one. */
const PURPOSE = 'capi-relay sealed value 2';

/**
 * How many values a key may seal under random nonces of 96 bits before two of them meet with a
 * probability above 2⁻³². Source: NIST SP 800-38D, 8.3.
 */
const MAX_SEALS = 2 ** 32;

/** Derived keys that are kept for opening: one for each run of a process that wrote what is waiting. */
const MAX_REMEMBERED = 1000;

/**
 * Derives keys from the configured ones (HKDF-SHA-256), each with a salt of its own that is written
 * into the values. So the bound on seals under one key holds for each process, not for the whole
 * fleet over the years, and a process takes a new salt before it reaches the bound.
 */
export class DerivedKeys {
  private readonly masters: ReadonlyMap<string, Buffer>;
  private readonly maxSeals: number;
  private readonly remembered = new Map<string, Buffer>();
  /** The key that seals now, and how much it has sealed. */
  private slot: { keyId: string; salt: Buffer; key: Buffer; seals: number } | null = null;

  constructor(
    keys: readonly { readonly id: string; readonly key: Buffer }[],
    maxSeals: number = MAX_SEALS,
  ) {
    this.masters = new Map(keys.map(({ id, key }) => [id, key]));
    this.maxSeals = maxSeals;
  }

  /** The key to seal one more value with, and the salt that it was derived with. */
  forSealing(keyId: string): { readonly salt: Buffer; readonly key: Buffer } {
    let slot = this.slot;
    if (slot === null || slot.keyId !== keyId || slot.seals >= this.maxSeals) {
      const salt = randomBytes(SALT_BYTES);
      slot = { keyId, salt, key: this.derive(keyId, salt), seals: 0 };
      this.slot = slot;
    }
    slot.seals += 1;
    return slot;
  }

  forOpening(keyId: string, salt: Buffer): Buffer {
    return this.remembered.get(nameOf(keyId, salt)) ?? this.derive(keyId, salt);
  }

  /** Keeps a derived key; the one that was not used for longest makes room. */
  remember(keyId: string, salt: Buffer, key: Buffer): void {
    const name = nameOf(keyId, salt);
    if (!this.remembered.delete(name) && this.remembered.size >= MAX_REMEMBERED) {
      const [oldest] = this.remembered.keys();
      if (oldest !== undefined) this.remembered.delete(oldest);
    }
    this.remembered.set(name, key);
  }

  /** How many are kept. */
  get size(): number {
    return this.remembered.size;
  }

  private derive(keyId: string, salt: Buffer): Buffer {
    const master = this.masters.get(keyId);
    if (master === undefined) throw new Error(`no sealing key is called "${keyId}"`);
    return Buffer.from(hkdfSync('sha256', master, salt, PURPOSE, KEY_BYTES));
  }
}

function nameOf(keyId: string, salt: Buffer): string {
  return `${salt.toString('latin1')}${keyId}`;
}
