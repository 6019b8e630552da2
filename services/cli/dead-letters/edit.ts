import type { Configuration } from '#config/configuration.ts';
import { parseFilter } from '#core/dead-letter/filter.ts';
import { isDeeperThan, READABLE_LEVELS } from '#core/event/json-text.ts';
import type { Json } from '#core/event/track-event.ts';
import { ExpectedError } from '#process/command.ts';
import {
  changedFixed,
  type Difference,
  differenceLines,
  differencesOf,
  editable,
  replaceContent,
  withEvent,
} from '#store/dead-letters/edit.ts';
import { maskedDifferences } from '#store/dead-letters/masking.ts';
import { findPlaced, type OpenedLetter, openLetters } from '#store/dead-letters/read.ts';
import { outlookOf } from '#store/dead-letters/replay/preview.ts';
import { select } from '#store/dead-letters/select.ts';
import { sealerOf } from '#store/sealing.ts';
import { recordOpening } from '#store/status/audit.ts';
import type { Store } from '#store/store.ts';
import { EXIT_CODES, EXIT_CODES_HELP, ExitError } from '../exit-codes.ts';
import { ask } from './confirm.ts';
import { edited, gather, usesEditor } from './edits.ts';
import { print, printJson } from './print.ts';
import { accountOf, addAccount } from './selection.ts';
import { withStore } from './store.ts';
import { createSubcommand, type Flags, type Subcommand } from './subcommand.ts';
import { plain } from './table.ts';

const EXAMPLE = `capi-relay dead-letters edit 2p1x8k4v7q3m0a.17 --config capi-relay.yaml      in $EDITOR
capi-relay dead-letters edit 2p1x8k4v7q3m0a.17 --set properties.value=12.5
capi-relay dead-letters edit 2p1x8k4v7q3m0a.17 --set clear.custom_data.currency=EUR --unset personal.ph`;

const SUMMARY = 'Mends the event of one of them; replay it afterwards.';

/** Opens it, which is in the audit trail before. */
async function open(
  store: Store,
  { sealing }: Configuration,
  flags: Flags,
  id: string,
): Promise<OpenedLetter> {
  const sealer = sealerOf(sealing);
  const [found] = await findPlaced(store, sealer, [id]);
  if (found !== undefined) {
    const action = usesEditor(flags) ? 'revealed' : 'opened';
    const opening = { action, where: `id:${id}`, command: 'edit' } as const;
    await recordOpening(store, { ...opening, ...accountOf(flags) });
    const [letter] = await openLetters(store, [found.facts], sealer);
    if (letter) return letter;
  }
  throw new ExitError(EXIT_CODES.nothingMatched, `there is no dead letter “${id}”`);
}

/** The event that can be edited. */
function editableOf({ facts, content }: OpenedLetter): Json {
  if (!Buffer.isBuffer(content)) throw new ExitError(EXIT_CODES.refused, content.message);
  if (facts.truncatedFrom !== undefined) {
    const words = 'only the first part of its message was kept: it cannot be edited or replayed';
    throw new ExitError(EXIT_CODES.refused, `${words}; show says where in Kafka the original is`);
  }
  const event = editable(facts.holds, content);
  if (event !== null) return event;
  const words = 'it holds no JSON object, or is damaged: it cannot be edited';
  throw new ExitError(EXIT_CODES.refused, words);
}

/** What is changed, when it is something that may be. */
function changesOf({ facts }: OpenedLetter, before: Json, event: Json): readonly Difference[] {
  const changes = differencesOf(before, event);
  if (changes.length === 0) throw new ExitError(EXIT_CODES.nothingMatched, 'nothing was changed');
  const fixed = changedFixed(facts.holds, before, event);
  if (fixed.length > 0) {
    const words = 'must stay, so that Meta recognises the event and counts it when it happened';
    throw new ExitError(EXIT_CODES.refused, `${fixed.join(', ')} ${words}`);
  }
  if (facts.holds === 'record' && isDeeperThan(event, READABLE_LEVELS)) {
    throw new ExitError(EXIT_CODES.refused, 'a server event has no more than a few levels');
  }
  return changes;
}

/** It is the same event, but what is written anew has another id. */
async function newIdOf(
  store: Store,
  { sealing }: Configuration,
  { facts }: OpenedLetter,
): Promise<string> {
  const { topic, partition, offset } = facts.kafka;
  const text = `topic:"${topic}" partition:${partition} offset:${offset} pixel:${facts.pixelId ?? 'none'}`;
  const parsed = parseFilter(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  const found = select(store, sealerOf(sealing), parsed.filter, {
    order: 'newest',
  });
  for await (const [facts] of found) {
    if (facts !== undefined) return facts.id;
  }
  throw new ExpectedError('the dead letter was replayed or purged meanwhile');
}

async function run(
  store: Store,
  configuration: Configuration,
  flags: Flags,
  id: string,
): Promise<number> {
  const letter = await open(store, configuration, flags, id);
  const { facts } = letter;
  const content = letter.content as Buffer;
  const before = editableOf(letter);
  const event = await edited(before, flags);
  const changes = maskedDifferences(facts.holds, changesOf(letter, before, event));
  const after = withEvent(facts.holds, content, event);
  const options = { reveal: false, now: Date.now() };
  const [outlook] = outlookOf(facts, after, configuration, options);
  const becomes =
    outlook?.outcome === 'deliver'
      ? 'delivered'
      : `${outlook?.outcome}: ${outlook?.message ?? outlook?.reason}`;
  const shown = [...differenceLines(changes).map(plain), `A replay would have it ${becomes}.`];
  await print(`${shown.join('\n')}\n`, process.stderr);
  if (!flags['yes'] && !/^y(es)?$/i.test(await ask('Keep this? [y/N] '))) {
    throw new ExitError(EXIT_CODES.refused, 'nothing was changed');
  }
  const changed = [...new Set(changes.map(({ path }) => path.join('.')))];
  const account = { ...accountOf(flags), changed };
  const sealer = sealerOf(configuration.sealing);
  await replaceContent(facts, { before: content, after }, account, store, sealer);
  const newId = await newIdOf(store, configuration, letter);
  const words = `Changed; it is now ${newId}.\n  Next: capi-relay replay --id ${newId}\n`;
  const outcome = outlook?.outcome ?? null;
  await (flags['json']
    ? printJson({ id: newId, outcome, changed: account.changed })
    : print(words));
  return EXIT_CODES.done;
}

export const editing: Subcommand = {
  command: addAccount(createSubcommand('edit', SUMMARY, EXAMPLE))
    .argument('<id>', 'its id, as list names it')
    .option('--set <place=value>', 'a new value; may be given several times', gather)
    .option('--unset <place>', 'without this; may be given several times', gather)
    .option('-y, --yes', 'without asking')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', EXIT_CODES_HELP),
  run: async (configuration, flags, [id = '']) =>
    withStore(configuration, (store) => run(store, configuration, flags, id)),
};
