import type { CommandDescription, OptionDescription } from './describe.ts';

/**
 * Whether the words so far name exactly this command: what follows an option that takes a value is that
 * value, also where it reads like a command. Source: https://fishshell.com/docs/current/cmds/commandline.html
 */
const AT = `function __capi_relay_at
    set -l words (commandline -opc)
    set -e words[1]
    set -l path
    set -l skip no
    for word in $words
        if test $skip = yes
            set skip no
        else if contains -- $word (__capi_relay_valued $path)
            set skip yes
        else if contains -- $word (__capi_relay_below $path)
            set -a path $word
        end
    end
    test "$path" = "$argv"
end`;

/** For fish 3 and newer. */
export function fishCompletion(commands: readonly CommandDescription[]): string {
  const all = [{ path: [], options: [], commands }, ...commands.flatMap(withNested)];
  const lines = [
    '# fish completion of capi-relay, printed by: capi-relay completion fish',
    ...wordsFunction('valued', all, ({ options }) =>
      options.filter(({ values }) => values !== null).flatMap(({ names }) => names),
    ),
    ...wordsFunction('below', all, namesBelow),
    AT,
    'complete -c capi-relay -f',
    ...commands.map((each) => commandLine(each, '__capi_relay_at')),
    "complete -c capi-relay -n __capi_relay_at -a help -d 'print the help of a command'",
    "complete -c capi-relay -n __capi_relay_at -l version -s V -d 'print the release'",
    "complete -c capi-relay -l help -s h -d 'print its help'",
    ...commands.flatMap(linesOf),
  ];
  return `${lines.join('\n')}\n`;
}

type Known = Pick<CommandDescription, 'path' | 'options' | 'commands'>;

/** A function of the script: some words of the command that its arguments name, one a line. */
function wordsFunction(
  name: string,
  all: readonly Known[],
  wordsOf: (command: Known) => readonly string[],
): string[] {
  const cases = all.flatMap((command) => {
    const words = wordsOf(command);
    if (words.length === 0) return [];
    const path = quoted(command.path.join(' '));
    return [`        case ${path}`, `            printf '%s\\n' ${words.join(' ')}`];
  });
  return [`function __capi_relay_${name}`, '    switch "$argv"', ...cases, '    end', 'end'];
}

function namesBelow({ commands }: Known): string[] {
  return commands.map(({ path }) => path.at(-1) ?? '');
}

function withNested(command: CommandDescription): CommandDescription[] {
  return [command, ...command.commands.flatMap(withNested)];
}

function linesOf(command: CommandDescription): string[] {
  const { path, commands, options, values } = command;
  const own = `__capi_relay_at ${path.join(' ')}`;
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
