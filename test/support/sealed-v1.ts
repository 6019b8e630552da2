import { createCipheriv, randomBytes } from 'node:crypto';
import type { SealingKey } from '#store/sealing.ts';

/** Seals as version 1 did: under the configured key itself. What it bound of an envelope was its pixel. */
export function sealVersion1({ id, key }: SealingKey, plain: Buffer, context: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(Buffer.from(context, 'utf8'));
  const name = Buffer.from(id, 'utf8');
  const header = Buffer.concat([Buffer.of(0x01, name.length), name, nonce]);
  return Buffer.concat([header, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}
