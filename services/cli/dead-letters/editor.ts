import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '#config/errors.ts';
import { indentedJson } from '#core/event/json-text.ts';
import { asObject, type Json } from '#core/event/track-event.ts';
import { parseJson } from '#store/stored-value.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { printable } from '../output/text.ts';

/** Why an edited event is not taken as it is. */
export interface Objection {
  readonly problem: string;
  /** Whether it may be kept all the same, by saving the same text again. */
  readonly mayStay: boolean;
}

/**
 * Opens an event in the user's editor, in a file that only they can read and that is then deleted. What
 * is no JSON or has an objection is opened again as it was left, with the problem above it; saving it
 * again unchanged ends that.
 *
 * @throws UsageError without an editor or a terminal, ExitError when nothing usable was saved
 */
export async function editInEditor(
  event: Json,
  objectionTo: (edited: Json) => Objection | null,
): Promise<Json> {
  const editor = process.env['VISUAL'] ?? process.env['EDITOR'];
  if (editor === undefined || !process.stdin.isTTY) {
    throw new UsageError('give --set or --unset, or set EDITOR and use a terminal');
  }
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-edit-'));
  try {
    const file = join(folder, 'event.json');
    let text = `${indentedJson(event)}\n`;
    let rejected: Objection | null = null;
    for (;;) {
      const saved = await openEditor(editor, file, headOf(rejected) + text);
      const isSame = saved === text;
      text = saved;
      const edited = asObject(parseJson(text));
      const objection = edited === null ? NO_OBJECT : objectionTo(edited);
      if (
        edited !== null &&
        (objection === null || (isSame && rejected !== null && objection.mayStay))
      ) {
        return edited;
      }
      if (isSame && rejected !== null) throw refused(objection?.problem ?? '');
      rejected = objection;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const NO_OBJECT: Objection = { problem: 'the text is not a JSON object', mayStay: false };

/** Lines that begin so are no part of the event. */
const COMMENT = '#';

function headOf(rejected: Objection | null): string {
  if (rejected === null) return '';
  const { problem, mayStay } = rejected;
  const end = mayStay ? 'to keep it all the same' : 'to give up';
  const lines = [
    ...problem.split('\n').map((line) => `Not taken: ${printable(line)}`),
    `Correct it and save, or save it unchanged ${end}.`,
  ];
  return lines.map((line) => `${COMMENT} ${line}\n`).join('');
}

/** Resolves to what was saved, without lines of comments. */
async function openEditor(editor: string, file: string, text: string): Promise<string> {
  await writeFile(file, text, { mode: 0o600 });
  const child = spawn(`${editor} "${file}"`, { stdio: 'inherit', shell: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw refused('the editor failed');
  return (await readFile(file, 'utf8'))
    .split('\n')
    .filter((line) => !line.startsWith(COMMENT))
    .join('\n');
}

function refused(problem: string): ExitError {
  return new ExitError(EXIT_CODES.refused, `${problem}: nothing was changed`);
}
