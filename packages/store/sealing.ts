import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { DerivedKeys, SALT_BYTES } from './derived-keys.ts';

/*
 * A sealed value:  version 0x02 (1 byte) · length of the key id (1) · key id · salt (16) · nonce (12) ·
 *                  ciphertext · tag (16)
 * Of version 0x01: the same without a salt, under the configured key itself
 * An unsealed one: version 0x00 · the bytes themselves
 *
 * The version comes first, so that what an older release wrote stays readable. It cannot be changed
 * without notice: keys of version 0x02 are derived, so they open nothing of version 0x01.
 */
const UNSEALED = 0x00;
const VERSION_1 = 0x01;
const VERSION_2 = 0x02;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A key of 32 bytes and the name it is known by; the name is written beside what it sealed. */
export interface SealingKey {
  readonly id: string;
  readonly key: Buffer;
}

/** Why something cannot be read. `missing_key` heals when the key is configured again. */
export class SealError extends Error {
  override readonly name = 'SealError';
  readonly reason: 'missing_key' | 'damaged' | 'unknown_version' | 'unsealed' | 'outdated';

  constructor(reason: SealError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Keeps personal data unreadable and unchanged outside the process: AES-256-GCM under named keys. */
export interface Sealer {
  /** @param context everything that must not change about the value; it opens only under the same */
  seal(plain: Buffer, context: string): Buffer;
  /**
   * @param contextOfV1 what version 1 of this value was sealed for; null when there was none
   * @throws SealError
   */
  open(sealed: Buffer, context: string, contextOfV1: string | null): Buffer;
  /** Whether values of the previous release open, which bind less of their context. */
  readonly acceptsVersion1: boolean;
}

/** What opens besides values of the current version. */
interface AcceptedForms {
  /** Values that were written before sealing was switched on; anyone who can write could forge them. */
  readonly acceptUnsealed: boolean;
  readonly acceptVersion1: boolean;
}

const DEFAULT_FORMS: AcceptedForms = { acceptUnsealed: false, acceptVersion1: true };

/** Seals under `currentKey`, opens under any of `keys`. */
export function createSealer(
  currentKey: string,
  keys: readonly SealingKey[],
  forms: AcceptedForms = DEFAULT_FORMS,
  derived = new DerivedKeys(keys),
): Sealer {
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  if (!byId.has(currentKey))
    throw new Error(`sealing.currentKey "${currentKey}" is not among sealing.keys`);
  const header = headerOf(currentKey);
  return {
    acceptsVersion1: forms.acceptVersion1,
    seal(plain, context) {
      const { salt, key } = derived.forSealing(currentKey);
      return encipher(Buffer.concat([header, salt]), key, plain, context);
    },
    open(sealed, context, contextOfV1) {
      const [version] = sealed;
      if (version === UNSEALED) return openUnsealed(sealed, forms);
      if (version !== VERSION_1 && version !== VERSION_2) throw notOurs(sealed);
      const isOutdated = version === VERSION_1 && !(forms.acceptVersion1 && contextOfV1 !== null);
      if (isOutdated) throw new SealError('outdated', OUTDATED);
      const keyId = keyIdOf(sealed);
      const key = byId.get(keyId);
      if (key === undefined) throw missingKey(keyId);
      const rest = sealed.subarray(endOfKeyId(sealed));
      return version === VERSION_1
        ? decipher(key, rest, contextOfV1 ?? '', keyId)
        : openDerived(rest, keyId, derived, context);
    },
  };
}

const OUTDATED =
  'is sealed as an older release did, which binds less: set sealing.acceptVersion1 to read it';

/** Leaves personal data readable in Redis. For development; it must be configured explicitly. */
export function createOpenSealer(): Sealer {
  return {
    acceptsVersion1: true,
    seal: (plain) => Buffer.concat([Buffer.of(UNSEALED), plain]),
    open(sealed) {
      if (sealed[0] === UNSEALED) return sealed.subarray(1);
      if (sealed[0] === VERSION_1 || sealed[0] === VERSION_2) throw missingKey(keyIdOf(sealed));
      throw notOurs(sealed);
    },
  };
}

function headerOf(keyId: string): Buffer {
  const id = Buffer.from(keyId, 'utf8');
  return Buffer.concat([Buffer.of(VERSION_2, id.length), id]);
}

function encipher(header: Buffer, key: Buffer, plain: Buffer, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(context, 'utf8'));
  return Buffer.concat([header, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function openUnsealed(sealed: Buffer, { acceptUnsealed }: AcceptedForms): Buffer {
  if (acceptUnsealed) return sealed.subarray(1);
  throw new SealError(
    'unsealed',
    'is not sealed although sealing is on, so anyone may have written it: set sealing.acceptUnsealed to read what was written while sealing was off',
  );
}

/** Opens what follows the key id in a value of version 2. */
function openDerived(rest: Buffer, keyId: string, derived: DerivedKeys, context: string): Buffer {
  const salt = rest.subarray(0, SALT_BYTES);
  const key = derived.forOpening(keyId, salt);
  const plain = decipher(key, rest.subarray(SALT_BYTES), context, keyId);
  // Only what proved genuine is worth remembering: forged salts must not push out those in use.
  derived.remember(keyId, salt, key);
  return plain;
}

function endOfKeyId(sealed: Buffer): number {
  return 2 + (sealed[1] ?? 0);
}

function keyIdOf(sealed: Buffer): string {
  return sealed.toString('utf8', 2, endOfKeyId(sealed));
}

function decipher(key: Buffer, rest: Buffer, context: string, keyId: string): Buffer {
  try {
    const nonce = rest.subarray(0, NONCE_BYTES);
    const cipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(context, 'utf8'));
    cipher.setAuthTag(rest.subarray(Math.max(NONCE_BYTES, rest.length - TAG_BYTES)));
    return Buffer.concat([cipher.update(rest.subarray(NONCE_BYTES, -TAG_BYTES)), cipher.final()]);
  } catch {
    throw new SealError(
      'damaged',
      `does not open under key "${keyId}": it was changed or belongs elsewhere, or the key of that name is another one`,
    );
  }
}

function missingKey(keyId: string): SealError {
  return new SealError(
    'missing_key',
    `sealed under key "${keyId}", which is not among sealing.keys: add it there to read this again`,
  );
}

/** Versions that a later release may give to its values; any other first byte is something else. */
const MAX_VERSION = 0x0f;

function notOurs(sealed: Buffer): SealError {
  const [version = 0xff] = sealed;
  return version <= MAX_VERSION
    ? new SealError('unknown_version', 'written by a newer release: this one cannot read it')
    : new SealError('damaged', 'is no sealed value: it was changed, or did not come from here');
}

type SealingOptions = {
  readonly currentKey: string;
  readonly keys: readonly SealingKey[];
} & AcceptedForms;

/** One for each configuration, so that a process seals under one derived key and derives others once. */
const sealers = new WeakMap<SealingOptions, Sealer>();

/** The sealer that a configuration asks for; null switches sealing off. */
export function sealerOf(sealing: SealingOptions | null): Sealer {
  if (sealing === null) return createOpenSealer();
  const known = sealers.get(sealing);
  if (known !== undefined) return known;
  const sealer = createSealer(sealing.currentKey, sealing.keys, sealing);
  sealers.set(sealing, sealer);
  return sealer;
}
