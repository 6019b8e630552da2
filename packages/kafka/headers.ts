/** A header as the wire has it; a name may come several times. */
export interface WireHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** Headers by their name; one that came several times is a list. It inherits nothing. */
export type Headers = Record<string, Buffer | null | (Buffer | null)[]>;

/** Gathers headers by name in one pass, whatever they are called and however many there are. */
export function gatherHeaders(headers: readonly WireHeader[]): Headers {
  const found = Object.create(null) as Headers;
  for (const { key, value } of headers) {
    const known = found[key];
    if (known === undefined) found[key] = value;
    else if (Array.isArray(known)) known.push(value);
    else found[key] = [known, value];
  }
  return found;
}
