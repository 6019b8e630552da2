import { createRequire } from 'node:module';

/** A header as the wire has it; a name may come several times. */
export interface WireHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** Headers by their name; one that came several times is a list. It inherits nothing. */
export type Headers = Record<string, Buffer | null | (Buffer | null)[]>;

interface Decoder {
  readVarIntArray(read: unknown): readonly WireHeader[];
}

/** What kafkajs does with a list of headers. */
interface Reduced {
  reduce(fold: unknown, into: unknown): Headers;
}

const require = createRequire(import.meta.url);

function empty(): Headers {
  return Object.create(null) as Headers;
}

/** Gathers headers by name in one pass, whatever they are called and however many there are. */
export function gatherHeaders(headers: readonly WireHeader[]): Headers {
  const found = empty();
  for (const { key, value } of headers) {
    const known = found[key];
    if (known === undefined) found[key] = value;
    else if (Array.isArray(known)) known.push(value);
    else found[key] = [known, value];
  }
  return found;
}

const NONE: Reduced = { reduce: empty };

/**
 * Makes kafkajs read message headers safely.
 *
 * kafkajs 2.2.4 folds them into `{}` and asks `obj[key] === undefined`: a header named `constructor`
 * or `__proto__` becomes a list of what every object inherits and its value. It also copies the
 * object for each header, which takes minutes for a message with a hundred thousand of them.
 * `readVarIntArray` is called for headers alone, and only `reduce` is called on what it returns.
 */
export function readHeadersSafely(): void {
  const decoder = require('kafkajs/src/protocol/decoder') as { prototype: Decoder };
  const original = decoder.prototype.readVarIntArray;
  const safe = function safe(this: Decoder, read: unknown): Reduced {
    const headers = original.call(this, read);
    return headers.length === 0 ? NONE : { reduce: () => gatherHeaders(headers) };
  };
  decoder.prototype.readVarIntArray = safe as unknown as Decoder['readVarIntArray'];
}
