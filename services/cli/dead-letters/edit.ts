import { ExpectedError, UsageError } from '#config/errors.ts';
import { parseFilter } from '#core/dead-letter/filter.ts';
import { isDeeperThan, READABLE_LEVELS } from '#core/event/json-text.ts';
import type { Json } from '#core/event/track-event.ts';
import { eventValueAt, leaksPersonal } from '#store/dead-letters/bulk-edit/rule.ts';
import {
  applyEdits,
  changedFixed,
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
import { editInBulk } from './bulk-edit.ts';
import { editInEditor, type Objection } from './editor.ts';
import { idOf, openLetter } from './selection.ts';

const EXAMPLE =
  "capi-relay dead-letters edit --where 'reason:missing_value' --set properties.revenue=@properties.total";

/** Changes the event of a dead letter, or of all that are selected; resolves to the exit code. */
export function editLetters(context: ActionContext): Promise<number> {
  return isBulk(context) ? editInBulk(context) : editOne(context);
}

/** @throws UsageError where it is neither one dead letter nor a selection */
function isBulk({ args, flags }: ActionContext): boolean {
  const { where, id, all, last, dryRun, force } = flags;
  const isFiltered = where !== undefined || id !== undefined;
  if (args.length > 0 && (isFiltered || all || last)) {
    throw new UsageError('an id names one dead letter: leave out --where, --id, --last and --all');
  }
  const isOne = args.length > 0 || (last === true && !isFiltered && !all);
  if (isOne && (dryRun || force)) {
    throw new UsageError('--dry-run and --force are for a bulk edit: select with --where');
  }
  if (all && (isFiltered || last)) {
    throw new UsageError('--all selects everything: leave out --where, --id and --last');
  }
  if (isOne || isFiltered || all) return !isOne;
  throw new UsageError(
    `name a dead letter by its id, or select with --where, --id or --all\n  Example: ${EXAMPLE}`,
  );
}

async function editOne(context: ActionContext): Promise<number> {
  const { store, flags, args } = context;
  const inEditor = usesEditor(flags);
  const action = inEditor ? 'revealed' : 'opened';
  const letter = await openLetter(context, await idOf(context, args[0]), {
    action,
    command: 'edit',
  });
  const { facts } = letter;
  const [content, before] = editableOf(letter);
  const event = inEditor
    ? await editInEditor(before, (edited) =>
        objectionTo(context, letter, { content, before, edited }),
      )
    : eventByFlags(before, flags);
  const problem = changeProblem(letter, before, event);
  if (problem !== null) throw new ExitError(EXIT_CODES.refused, problem);
  const differences = differencesOf(before, event);
  if (differences.length === 0) {
    throw new ExitError(EXIT_CODES.nothingMatched, 'nothing was changed');
  }
  const changes = maskedDifferences(facts.holds, differences);
  const after = withEvent(facts.holds, content, event);
  const preview = previewOf(context, letter, after);
  const becomes = preview.refusal === null ? 'deliver it' : `not deliver it: ${preview.refusal}`;
  const shown = [...differenceLines(changes).map(printable), `A replay would ${becomes}.`];
  await print(`${shown.join('\n')}\n`, process.stderr);
  if (!flags['yes']) await confirm('Keep this change?', 'nothing was changed');
  const changed = [...new Set(changes.map(({ path }) => path.join('.')))];
  const account = { ...context.account, changed };
  await replaceContent(facts, { before: content, after }, account, store);
  const id = await newIdOf(context, letter);
  const message = `Changed. The new id is ${id}.\n  Next: capi-relay replay --id ${id}\n`;
  return printResult(flags, { id, outcome: preview.outcome, changed }, message);
}

/** What speaks against an event as an editor left it; null where nothing does, or nothing was changed. */
function objectionTo(
  context: ActionContext,
  letter: OpenedLetter,
  { content, before, edited }: { content: Buffer; before: Json; edited: Json },
): Objection | null {
  if (differencesOf(before, edited).length === 0) return null;
  const problem = changeProblem(letter, before, edited);
  if (problem !== null) return { problem, mayStay: false };
  const { refusal } = previewOf(context, letter, withEvent(letter.facts.holds, content, edited));
  if (refusal === null) return null;
  return { problem: `a replay would not deliver it: ${refusal}`, mayStay: true };
}

/** What a replay would make of it; `refusal` says why it would not deliver it. */
function previewOf({ configuration }: ActionContext, { facts }: OpenedLetter, after: Buffer) {
  const [preview] = previewReplay(facts, after, configuration, { reveal: false, now: Date.now() });
  const outcome = preview?.outcome ?? null;
  if (outcome === 'deliver') return { outcome, refusal: null };
  return { outcome, refusal: `${outcome}, ${preview?.message ?? preview?.reason}` };
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

/** Why a change is not allowed; null where it is. */
function changeProblem({ facts }: OpenedLetter, before: Json, event: Json): string | null {
  const fixed = changedFixed(facts.holds, before, event);
  if (fixed.length > 0) {
    const why = 'cannot be changed: Meta recognises and dates the event by it';
    return `${fixed.join(', ')} ${why}`;
  }
  const isTooDeep = facts.holds === 'record' && isDeeperThan(event, READABLE_LEVELS);
  return isTooDeep ? 'the server event is nested too deeply' : null;
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

/** The event as the flags change it. @throws UsageError */
function eventByFlags(event: Json, flags: Flags): Json {
  const result = applyEdits(event, editsOf(flags, event));
  if (typeof result === 'string') throw new UsageError(result);
  return result;
}

function editsOf(flags: Flags, event: Json): Edit[] {
  const sets = ((flags['set'] ?? []) as string[]).map((text) => {
    const [, path = '', value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (path === '') throw new UsageError(`--set takes path=value, not “${text}”`);
    return { path: path.split('.'), value: editValue(path, value, event) };
  });
  const unsets = ((flags['unset'] ?? []) as string[]).map((path) => path.split('.'));
  return [...sets, ...unsets.map((path) => ({ path, value: undefined }))];
}

/** JSON, a copy from the event, or else the text itself. @throws UsageError where nothing can be copied */
function editValue(path: string, text: string, event: Json): unknown {
  if (!text.startsWith('@')) {
    const parsed = parseJson(text);
    return parsed === undefined ? text : parsed;
  }
  const from = text.slice(1).split('.');
  const found = eventValueAt(event, from);
  if (found === undefined) {
    throw new UsageError(
      `the event has no ${text.slice(1)}: for that text itself, write '"${text}"'`,
    );
  }
  if (!leaksPersonal(path.split('.'), from)) return found;
  throw new UsageError(`${path}: a copy from personal would be sent without being hashed`);
}
