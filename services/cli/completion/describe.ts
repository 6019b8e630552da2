import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, definedBy, type Option } from '#process/command.ts';

/** What a value is, as far as a shell can complete it. */
export type Values = 'file' | 'none' | readonly string[];

export interface OptionDescription {
  /** As it is written: `-c`, `--config`. */
  readonly names: readonly string[];
  /** As its help writes it: `-c, --config <file>`. */
  readonly usage: string;
  readonly summary: string;
  /** The variable of the environment that gives it too; null for none. */
  readonly variable: string | null;
  /** Null where it takes no value. */
  readonly values: Values | null;
}

export interface CommandDescription {
  /** Below the program: `['dead-letters', 'list']`. */
  readonly path: readonly string[];
  /** In a few words. */
  readonly title: string;
  readonly summary: string;
  /** As its help writes it: `[options] <id>`. */
  readonly usage: string;
  readonly options: readonly OptionDescription[];
  /** Of its arguments. */
  readonly values: Values;
  /** What its help says behind the options: examples, notes, exit codes. */
  readonly notes: string;
  readonly commands: readonly CommandDescription[];
}

const SERVICES = join(import.meta.dirname, '../..');
const TABLE = join(SERVICES, 'cli/commands.json');
/** The npm package contains what was compiled. */
const EXTENSION = /\.\w+$/.exec(import.meta.filename)?.[0] ?? '.ts';

/** Heading → command → its entry file below services/, and its summary. */
type Table = Readonly<Record<string, Readonly<Record<string, Entry>>>>;

interface Entry {
  readonly entry: string;
  readonly summary: string;
}

/**
 * Every command of the program, from the definitions that parse their arguments.
 * @param running the command that asks, whose entry file waits for the answer; null for another program
 */
export async function describeCommands(
  running: Command | null,
): Promise<readonly CommandDescription[]> {
  // It is a file of ours, in its own form.
  const table = JSON.parse(readFileSync(TABLE, 'utf8')) as Table;
  const descriptions: CommandDescription[] = [];
  for (const [name, { entry, summary }] of Object.values(table).flatMap(Object.entries<Entry>)) {
    const isRunning = running?.name() === `capi-relay ${name}`;
    const [command] = isRunning ? [running] : await definedBy(() => import(urlOf(entry)));
    if (command === undefined) throw new Error(`${entry} defines no command`);
    descriptions.push(describe(command, [name], summary));
  }
  return descriptions;
}

function urlOf(entry: string): string {
  return pathToFileURL(join(SERVICES, entry.replace(/\.ts$/, EXTENSION))).href;
}

function describe(
  command: Command,
  path: readonly string[],
  title = command.description().replace(/\.$/, ''),
): CommandDescription {
  const help = command.createHelp();
  return {
    path,
    title,
    summary: command.description(),
    usage: command.usage(),
    options: help.visibleOptions(command).map(describeOption),
    values: valuesOfArguments(command),
    notes: notesOf(command),
    commands: command.commands.map((each) => describe(each, [...path, each.name()])),
  };
}

function describeOption(option: Option): OptionDescription {
  const { short, long, flags, required, optional } = option;
  return {
    names: [short, long].filter((name) => name !== undefined),
    usage: flags,
    summary: summaryOf(option),
    variable: option.envVar ?? null,
    values: required || optional ? valuesOf(flags, option.argChoices) : null,
  };
}

function summaryOf({ description, argChoices, defaultValue, defaultValueDescription }: Option) {
  const facts = [
    argChoices === undefined ? '' : `one of ${argChoices.join(', ')}`,
    defaultValue === undefined || typeof defaultValue === 'boolean'
      ? ''
      : `default: ${defaultValueDescription ?? defaultValue}`,
  ].filter((fact) => fact !== '');
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`;
}

function valuesOfArguments({ registeredArguments: [first] }: Command): Values {
  return first === undefined ? 'none' : valuesOf(first.name(), first.argChoices);
}

/** @param name of the argument, or the flags of the option with what it takes */
function valuesOf(name: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return choices;
  return /<file>|-file |^(file|settings)$/.test(name) ? 'file' : 'none';
}

/** What stands in its help behind what commander writes. */
function notesOf(command: Command): string {
  const parts: string[] = [];
  command.configureOutput({ writeOut: (text) => parts.push(text) }).outputHelp();
  return parts.join('').slice(command.helpInformation().length).trim();
}
