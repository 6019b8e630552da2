/** The encodings that a byte order mark tells. Source: Unicode, chapter 23.8, byte order mark */
const UTF_16: readonly (readonly [first: number, second: number, label: string])[] = [
  [0xff, 0xfe, 'utf-16le'],
  [0xfe, 0xff, 'utf-16be'],
];

/** The encoding of bytes that begin with the mark of UTF-16, as some editors and shells write it; else null. */
export function utf16Of(bytes: Uint8Array): string | null {
  return UTF_16.find(([first, second]) => bytes[0] === first && bytes[1] === second)?.[2] ?? null;
}

/** Bytes as text, without their byte order mark: UTF-16 where that says so, else UTF-8. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder(utf16Of(bytes) ?? 'utf-8').decode(bytes);
}
