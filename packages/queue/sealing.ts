import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/*
 * A sealed value:  version (1 byte) · length of the key id (1) · key id · nonce (12) · ciphertext · tag (16)
 * An unsealed one: version 0x00 · the bytes themselves
 *
 * The version comes first, so that what an older release wrote stays readable.
 */
const UNSEALED = 0x00;
const SEALED = 0x01;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A key of 32 bytes and the name it is known by; the name is written beside what it sealed. */
export interface SealingKey {
  readonly id: string;
  readonly key: Buffer;
}

/** Why something cannot be read. `missing_key` heals when the key is configured again. */
export class SealError extends Error {
  readonly reason: 'missing_key' | 'damaged' | 'unknown_version';

  constructor(reason: SealError['reason'], message: string) {
    super(message);
    this.name = 'SealError';
    this.reason = reason;
  }
}

/** Keeps personal data unreadable outside the process: AES-256-GCM under named keys. */
export interface Sealer {
  /** @param context what the value belongs to; it opens only under the same one */
  seal(plain: Buffer, context: string): Buffer;
  /** @throws SealError */
  open(sealed: Buffer, context: string): Buffer;
}

/** Seals under `currentKey`, opens under any of `keys`. */
export function createSealer(currentKey: string, keys: readonly SealingKey[]): Sealer {
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  const current = byId.get(currentKey);
  if (current === undefined)
    throw new Error(`sealing.currentKey "${currentKey}" is not among sealing.keys`);
  const header = headerOf(currentKey);
  return {
    seal: (plain, context) => seal(header, current, plain, context),
    open: (sealed, context) => open(byId, sealed, context),
  };
}

/** Leaves personal data readable in Redis. For developers, who ask for it by name. */
export function createOpenSealer(): Sealer {
  return {
    seal: (plain) => Buffer.concat([Buffer.of(UNSEALED), plain]),
    open: (sealed, context) => open(new Map(), sealed, context),
  };
}

function headerOf(keyId: string): Buffer {
  const id = Buffer.from(keyId, 'utf8');
  return Buffer.concat([Buffer.of(SEALED, id.length), id]);
}

function seal(header: Buffer, key: Buffer, plain: Buffer, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(context, 'utf8'));
  return Buffer.concat([header, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function open(keys: ReadonlyMap<string, Buffer>, sealed: Buffer, context: string): Buffer {
  if (sealed[0] === UNSEALED) return sealed.subarray(1);
  if (sealed[0] !== SEALED) {
    throw new SealError('unknown_version', 'written by a newer release: this one cannot read it');
  }
  const start = 2 + (sealed[1] ?? 0);
  const keyId = sealed.toString('utf8', 2, start);
  const key = keys.get(keyId);
  if (key === undefined) {
    throw new SealError(
      'missing_key',
      `sealed under key "${keyId}", which is not among sealing.keys: add it there to read this again`,
    );
  }
  const nonce = sealed.subarray(start, start + NONCE_BYTES);
  return decipher(key, nonce, sealed.subarray(start + NONCE_BYTES), context, keyId);
}

function decipher(
  key: Buffer,
  nonce: Buffer,
  rest: Buffer,
  context: string,
  keyId: string,
): Buffer {
  try {
    const cipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(context, 'utf8'));
    cipher.setAuthTag(rest.subarray(-TAG_BYTES));
    return Buffer.concat([cipher.update(rest.subarray(0, -TAG_BYTES)), cipher.final()]);
  } catch {
    throw new SealError(
      'damaged',
      `does not open under key "${keyId}": it was changed, or the key of that name is another one`,
    );
  }
}
