import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { jsonText } from '#core/event/json-text.ts';

/** Writes, and waits while whoever reads is slower. */
export async function print(text: string, out: Writable = process.stdout): Promise<void> {
  if (!out.write(text)) await once(out, 'drain');
}

/** One line of JSON. */
export function printJson(value: unknown): Promise<void> {
  return print(`${jsonText(value)}\n`);
}
