import type { CommandDescription, OptionDescription } from './describe.ts';

/** Whether the words so far begin with a command. Source: https://fishshell.com/docs/current/cmds/commandline.html */
const AT = `function __capi_relay_at
    set -l words (commandline -opc)
    set -e words[1]
    set -l given
    for word in $words
        string match -q -- '-*' $word; or set -a given $word
    end
    set -l most (count $argv)
    test (count $given) -ge $most; or return 1
    test "$given[1..$most]" = "$argv"
end`;

/** For fish 3 and newer. */
export function fishCompletion(commands: readonly CommandDescription[]): string {
  const lines = [
    '# fish completion of capi-relay, printed by: capi-relay completion fish',
    AT,
    'complete -c capi-relay -f',
    ...commands.map((each) => commandLine(each, '__fish_use_subcommand')),
    "complete -c capi-relay -n __fish_use_subcommand -l version -s V -d 'print the release'",
    "complete -c capi-relay -l help -s h -d 'print its help'",
    ...commands.flatMap(linesOf),
  ];
  return `${lines.join('\n')}\n`;
}

function linesOf(command: CommandDescription): string[] {
  const { path, commands, options, values } = command;
  const seen = `__capi_relay_at ${path.join(' ')}`;
  const nested = commands.map((each) => each.path.at(-1) ?? '');
  const own =
    nested.length === 0 ? seen : `${seen}; and not __fish_seen_subcommand_from ${nested.join(' ')}`;
  const argument =
    values === 'none' ? [] : [`complete -c capi-relay -n ${quoted(own)} ${valuesText(values)}`];
  return [
    ...argument,
    ...options
      .filter(({ names }) => !names.includes('--help'))
      .map((each) => optionLine(each, own)),
    ...commands.map((each) => commandLine(each, own)),
    ...commands.flatMap(linesOf),
  ];
}

function commandLine({ path, title }: CommandDescription, when: string): string {
  return `complete -c capi-relay -n ${quoted(when)} -a ${path.at(-1)} -d ${quoted(title)}`;
}

function optionLine({ names, summary, values }: OptionDescription, when: string): string {
  const flags = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  const value = values === null ? '' : ` -r ${values === 'none' ? '-f' : valuesText(values)}`;
  return `complete -c capi-relay -n ${quoted(when)} ${flags.join(' ')}${value} -d ${quoted(summary)}`;
}

function valuesText(values: 'file' | readonly string[]): string {
  return typeof values === 'string' ? '-F' : `-f -a ${quoted(values.join(' '))}`;
}

/** Source: https://fishshell.com/docs/current/language.html#quotes */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
