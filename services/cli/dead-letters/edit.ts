import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExpectedError, UsageError } from '#config/errors.ts';
import { parseFilter } from '#core/dead-letter/filter.ts';
import { indentedJson, isDeeperThan, READABLE_LEVELS } from '#core/event/json-text.ts';
import { asObject, type Json } from '#core/event/track-event.ts';
import {
  applyEdits,
  changedFixed,
  type Difference,
  differenceLines,
  differencesOf,
  type Edit,
  editable,
  replaceContent,
  withEvent,
} from '#store/dead-letters/edit.ts';
import { maskedDifferences } from '#store/dead-letters/masking.ts';
import type { OpenedLetter } from '#store/dead-letters/read.ts';
import { previewReplay } from '#store/dead-letters/replay/preview.ts';
import { select } from '#store/dead-letters/select.ts';
import { parseJson } from '#store/stored-value.ts';
import type { ActionContext, Flags } from '../action.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { confirm, print, printResult } from '../output/print.ts';
import { printable } from '../output/text.ts';
import { openLetter } from './selection.ts';

/** Changes the event of a dead letter; resolves to the exit code. */
export async function editLetter(context: ActionContext): Promise<number> {
  const { configuration, store, flags, args } = context;
  const action = usesEditor(flags) ? 'revealed' : 'opened';
  const letter = await openLetter(context, args[0] ?? '', { action, command: 'edit' });
  const { facts } = letter;
  const [content, before] = editableOf(letter);
  const event = await changedEvent(before, flags);
  const changes = maskedDifferences(facts.holds, changesOf(letter, before, event));
  const after = withEvent(facts.holds, content, event);
  const options = { reveal: false, now: Date.now() };
  const [preview] = previewReplay(facts, after, configuration, options);
  const becomes =
    preview?.outcome === 'deliver'
      ? 'deliver it'
      : `not deliver it: ${preview?.outcome}, ${preview?.message ?? preview?.reason}`;
  const shown = [...differenceLines(changes).map(printable), `A replay would ${becomes}.`];
  await print(`${shown.join('\n')}\n`, process.stderr);
  if (!flags['yes']) await confirm('Keep this change?', 'nothing was changed');
  const changed = [...new Set(changes.map(({ path }) => path.join('.')))];
  const account = { ...context.account, changed };
  await replaceContent(facts, { before: content, after }, account, store);
  const id = await newIdOf(context, letter);
  const message = `Changed. The new id is ${id}.\n  Next: capi-relay replay --id ${id}\n`;
  return printResult(flags, { id, outcome: preview?.outcome ?? null, changed }, message);
}

/** The stored content, and the event in it that can be edited. */
function editableOf({ facts, content }: OpenedLetter): [content: Buffer, event: Json] {
  if (!Buffer.isBuffer(content)) throw new ExitError(EXIT_CODES.refused, content.message);
  if (facts.truncatedFrom !== undefined) {
    const problem =
      'only the first part of its message was stored: it cannot be edited or replayed';
    throw new ExitError(EXIT_CODES.refused, `${problem}; show names its offset in Kafka`);
  }
  const event = editable(facts.holds, content);
  if (event !== null) return [content, event];
  const problem = 'its content is not a JSON object, or is damaged: it cannot be edited';
  throw new ExitError(EXIT_CODES.refused, problem);
}

/** What differs. @throws ExitError when nothing does, or a change is not allowed */
function changesOf({ facts }: OpenedLetter, before: Json, event: Json): readonly Difference[] {
  const changes = differencesOf(before, event);
  if (changes.length === 0) throw new ExitError(EXIT_CODES.nothingMatched, 'nothing was changed');
  const fixed = changedFixed(facts.holds, before, event);
  if (fixed.length > 0) {
    const why = 'cannot be changed: Meta recognises and dates the event by it';
    throw new ExitError(EXIT_CODES.refused, `${fixed.join(', ')} ${why}`);
  }
  if (facts.holds === 'record' && isDeeperThan(event, READABLE_LEVELS)) {
    throw new ExitError(EXIT_CODES.refused, 'the server event is nested too deeply');
  }
  return changes;
}

/** The id of the edited dead letter: it is the same event, but stored under a new id. */
async function newIdOf({ store }: ActionContext, { facts }: OpenedLetter): Promise<string> {
  const { topic, partition, offset } = facts.kafka;
  const text = `topic:"${topic}" partition:${partition} offset:${offset} pixel:${facts.pixelId ?? 'none'}`;
  const parsed = parseFilter(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  const found = select(store, parsed.filter, { order: 'newest' });
  for await (const page of found) {
    const same = page.find(({ part }) => part === facts.part);
    if (same !== undefined) return same.id;
  }
  throw new ExpectedError('the dead letter was replayed or purged in the meantime');
}

/** Whether the event is shown in an editor, because no flag says what to change. */
function usesEditor({ set, unset }: Flags): boolean {
  return set === undefined && unset === undefined;
}

/** The event as the flags or the user's editor change it. @throws UsageError, ExitError */
async function changedEvent(event: Json, flags: Flags): Promise<Json> {
  if (usesEditor(flags)) return editInEditor(event);
  const result = applyEdits(event, editsOf(flags));
  if (typeof result === 'string') throw new UsageError(result);
  return result;
}

function editsOf(flags: Flags): Edit[] {
  const sets = ((flags['set'] ?? []) as string[]).map((text) => {
    const [, path = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (path === '') throw new UsageError(`--set takes path=value, not “${text}”`);
    return { path: path.split('.'), value: parseValue(value) };
  });
  const unsets = ((flags['unset'] ?? []) as string[]).map((path) => path.split('.'));
  return [...sets, ...unsets.map((path) => ({ path, value: undefined }))];
}

/** JSON, or else the text itself. */
function parseValue(text: string): unknown {
  const parsed = parseJson(text);
  return parsed === undefined ? text : parsed;
}

/** Opens the event in the user's editor, in a file that only they can read and that is then deleted. */
async function editInEditor(event: Json): Promise<Json> {
  const editor = process.env['VISUAL'] ?? process.env['EDITOR'];
  if (editor === undefined || !process.stdin.isTTY) {
    throw new UsageError('give --set or --unset, or set EDITOR and use a terminal');
  }
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-edit-'));
  try {
    const file = join(folder, 'event.json');
    await writeFile(file, `${indentedJson(event)}\n`, { mode: 0o600 });
    const child = spawn(`${editor} "${file}"`, { stdio: 'inherit', shell: true });
    const [code] = (await once(child, 'exit')) as [number | null];
    const failed = (problem: string) =>
      new ExitError(EXIT_CODES.refused, `${problem}: nothing was changed`);
    if (code !== 0) throw failed('the editor failed');
    const edited = asObject(parseValue(await readFile(file, 'utf8')));
    if (edited === null) throw failed('the file is not a JSON object');
    return edited;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
