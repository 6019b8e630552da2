import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { indentedJson } from '#core/event/json-text.ts';
import { asObject, type Json } from '#core/event/track-event.ts';
import { UsageError } from '#process/command.ts';
import { applyEdits, type Edit } from '#store/dead-letters/edit.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import type { Flags } from './subcommand.ts';

/** For an option that may be given several times. */
export const gather = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  value,
];

/** @throws UsageError */
function readEdits(flags: Flags): Edit[] {
  const sets = ((flags['set'] ?? []) as string[]).map((text) => {
    const [, path = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (path === '') throw new UsageError(`--set takes place=value, not “${text}”`);
    return { path: path.split('.'), value: readValue(value) };
  });
  const unsets = ((flags['unset'] ?? []) as string[]).map((path) => ({
    path: path.split('.'),
    value: undefined,
  }));
  return [...sets, ...unsets];
}

/** JSON where it is, else a text. */
function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Lets a person change the event in their editor; the file is theirs alone, and gone afterwards. */
async function inEditor(event: Json): Promise<Json> {
  const editor = process.env['VISUAL'] ?? process.env['EDITOR'];
  if (editor === undefined || !process.stdin.isTTY) {
    throw new UsageError('say what to change: --set or --unset, or set EDITOR at a terminal');
  }
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-edit-'));
  try {
    const file = join(folder, 'event.json');
    await writeFile(file, `${indentedJson(event)}\n`, { mode: 0o600 });
    const child = spawn(`${editor} "${file}"`, { stdio: 'inherit', shell: true });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0)
      throw new ExitError(EXIT_CODES.refused, 'the editor failed: nothing was changed');
    const edited = asObject(readValue(await readFile(file, 'utf8')));
    if (edited === null)
      throw new ExitError(EXIT_CODES.refused, 'not a JSON object: nothing was changed');
    return edited;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether a person gets to see the event, because no flag says what to change. */
export function usesEditor({ set, unset }: Flags): boolean {
  return set === undefined && unset === undefined;
}

/**
 * The event as the flags change it, or a person in their editor.
 * @throws UsageError, ExitError
 */
export async function edited(event: Json, flags: Flags): Promise<Json> {
  const edits = readEdits(flags);
  if (edits.length === 0) return inEditor(event);
  const result = applyEdits(event, edits);
  if (typeof result === 'string') throw new UsageError(result);
  return result;
}
