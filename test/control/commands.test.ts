import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { type CommandDescription, describeCommands } from '#cli/completion/describe.ts';
import type { Configuration } from '#config/configuration.ts';
import { SampleHistory } from '#control/history.ts';
import { COMMANDS } from '#control/pages/links.ts';
import { createRoutes } from '#control/routes/routes.ts';
import type { SealedStore } from '#store/store.ts';

const DOCUMENT = readFileSync(join(import.meta.dirname, '../../docs/control.md'), 'utf8');

/** One of each command that pages show. */
const EXAMPLES: Readonly<Record<keyof typeof COMMANDS, string>> = {
  status: COMMANDS.status,
  lanes: COMMANDS.lanes,
  lane: COMMANDS.lane('1'),
  quality: COMMANDS.quality,
  summary: COMMANDS.summary('pixel:1'),
  list: COMMANDS.list('pixel:1'),
  show: COMMANDS.show('a.1'),
  edit: COMMANDS.edit('a.1'),
  bulkEdit: COMMANDS.bulkEdit('', ['a=1'], ['b']),
  acknowledge: COMMANDS.acknowledge(''),
  reopen: COMMANDS.reopen('pixel:1'),
  trace: COMMANDS.trace(''),
  purge: COMMANDS.purge(''),
  replays: COMMANDS.replays,
  audit: COMMANDS.audit,
  replay: COMMANDS.replay('', ['--rate 5', '--include-unknown', '--force-loop', '--detach']),
  onLane: COMMANDS.onLane('probe', '1'),
  onReplay: COMMANDS.onReplay('cancel', 'r1'),
};

/** The rows of the table with this head: the words in code of each of its two columns. */
function rowsOf(head: string): [string[], string[]][] {
  const [, text = ''] = DOCUMENT.split(`| ${head} |\n`);
  const [table = ''] = text.split('\n\n');
  const words = (cell = ''): string[] =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
  return table
    .split('\n')
    .slice(1)
    .map((row) => row.split('|'))
    .map(([, left, right]) => [words(left), words(right)]);
}

const PAGES = rowsOf('page or action | command');
const ALONE = rowsOf('only a command | because').flatMap(([commands]) => commands);

function withNested(command: CommandDescription): CommandDescription[] {
  return [command, ...command.commands.flatMap(withNested)];
}

let all: readonly CommandDescription[] = [];
beforeAll(async () => {
  all = (await describeCommands(null)).flatMap(withNested);
});

test('every page and action of the console is in the table, and no other', () => {
  const nothing = { ok: true, detail: '', lastError: null, lag: null };
  const routes = createRoutes({
    configuration: () => ({}) as Configuration,
    store: {} as SealedStore,
    redis: () => nothing,
    kafka: () => nothing,
    history: new SampleHistory(),
  });
  expect(PAGES.flatMap(([pages]) => pages).sort()).toEqual(Object.keys(routes).sort());
});

test('every command has a page or a reason to have none, and each that is named exists', () => {
  const named = [...PAGES.flatMap(([, commands]) => commands), ...ALONE];
  const paths = all.map(({ path }) => path.join(' '));
  expect(named.filter((each) => !paths.includes(each))).toEqual([]);
  // A command that only has others below it is named by them.
  const needed = all.filter(({ commands }) => commands.length === 0);
  const missing = needed.map(({ path }) => path.join(' ')).filter((each) => !named.includes(each));
  expect(missing).toEqual([]);
});

test('the commands that pages show are commands, with options that they have', () => {
  const shown = Object.values(EXAMPLES);
  for (const text of shown) {
    const [, ...words] = text.split(' ');
    const command = all
      .filter(({ path }) => path.every((word, at) => words[at] === word))
      .sort((a, b) => b.path.length - a.path.length)[0];
    const options = text.match(/(?<= )--[a-z-]+/g) ?? [];
    const known = command?.options.flatMap(({ names }) => names) ?? [];
    expect({ text, unknown: options.filter((each) => !known.includes(each)) }).toEqual({
      text,
      unknown: [],
    });
    expect(command).toBeDefined();
  }
});
