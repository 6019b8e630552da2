import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

/** A request body, or why there is none. `wire` counts the bytes received. */
export type RequestBody = { readonly wire: number } & (
  | { readonly kind: 'read'; readonly bytes: Buffer }
  | { readonly kind: 'too_large' | 'bad_encoding' | 'damaged' | 'aborted' }
);

const inflate = promisify(gunzip);

/**
 * Reads and decompresses. A body that is too large is read to its end and discarded, because a
 * client that is cut off while sending never sees the reason.
 */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
  acceptGzip: boolean,
): Promise<RequestBody> {
  const chunks: Buffer[] = [];
  let wire = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      wire += chunk.length;
      if (wire <= maxBytes) chunks.push(chunk);
    }
  } catch {
    return { kind: 'aborted', wire };
  }
  if (wire > maxBytes) return { kind: 'too_large', wire };
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const bytes = Buffer.concat(chunks, wire);
  if (encoding === 'identity') return { kind: 'read', bytes, wire };
  if (encoding !== 'gzip' || !acceptGzip) return { kind: 'bad_encoding', wire };
  return decompress(bytes, maxBytes);
}

async function decompress(compressed: Buffer, maxBytes: number): Promise<RequestBody> {
  const wire = compressed.length;
  try {
    return { kind: 'read', bytes: await inflate(compressed, { maxOutputLength: maxBytes }), wire };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { kind: code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'damaged', wire };
  }
}

/**
 * JSON, or a form whose field `data` is JSON; undefined for anything else. Text that starts like
 * JSON is read as JSON even if its type is a form, which is what curl sends.
 */
export function parseBody(bytes: Buffer, contentType: string): unknown {
  try {
    const text = bytes.toString('utf8');
    const isForm = contentType.startsWith('application/x-www-form-urlencoded');
    if (!isForm || /^\s*[[{]/.test(text)) return JSON.parse(text);
    const form = Object.fromEntries(new URLSearchParams(text));
    return 'data' in form ? { ...form, data: JSON.parse(form['data'] as string) } : form;
  } catch {
    return undefined;
  }
}
