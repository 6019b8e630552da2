import type { CommandDescription, OptionDescription, Values } from './describe.ts';

/** For zsh 5 and newer, as a file in fpath or with source. */
export function zshCompletion(commands: readonly CommandDescription[]): string {
  return `#compdef capi-relay
# zsh completion of capi-relay, printed by: capi-relay completion zsh

${functionOf({ path: [], options: PROGRAM, commands, values: 'none' })}
if [[ $funcstack[1] == _capi-relay ]]; then
  _capi-relay "$@"
else
  compdef _capi-relay capi-relay
fi
`;
}

type Completed = Pick<CommandDescription, 'path' | 'options' | 'commands' | 'values'>;

const PLAIN = { usage: '', variable: null, values: null };

const PROGRAM: readonly OptionDescription[] = [
  { names: ['-V', '--version'], summary: 'print the release', ...PLAIN },
  { names: ['-h', '--help'], summary: 'print this help', ...PLAIN },
];

function nameOf(path: readonly string[]): string {
  return ['_capi-relay', ...path].join('-');
}

/** One function for a command, behind those of the commands below it. */
function functionOf({ path, options, commands, values }: Completed): string {
  const nested = commands.map((each) => `${functionOf(each)}\n`).join('');
  const specs = options.map((each) => `    ${specOf(each)}`);
  const rest = commands.length === 0 ? [`    '*:argument:${actionOf(values)}'`] : NESTED;
  const cases = commands.map((each) => `        ${each.path.at(-1)}) ${nameOf(each.path)} ;;`);
  const choice = commands.length === 0 ? '' : choiceOf(commands, cases);
  return `${nested}${nameOf(path)}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C \\
${[...specs, ...rest].join(' \\\n')}
${choice}}
`;
}

const NESTED = ["    '1:command:->command'", "    '*::argument:->argument'"];

function choiceOf(commands: readonly CommandDescription[], cases: readonly string[]): string {
  const names = commands.map(
    ({ path, title }) => `        ${quoted(`${path.at(-1)}:${title.replaceAll(':', '\\:')}`)}`,
  );
  return `  case $state in
    command)
      local -a commands=(
${names.join('\n')}
      )
      _describe command commands
      ;;
    argument)
      case $line[1] in
${cases.join('\n')}
      esac
      ;;
  esac
`;
}

/** Source: https://zsh.sourceforge.io/Doc/Release/Completion-System.html, _arguments. */
function specOf({ names, summary, values }: OptionDescription): string {
  const text = `[${summary.replace(/[[\]\\:]/g, '\\$&')}]`;
  const value = values === null ? '' : `:value:${actionOf(values)}`;
  const [name = '', long] = names;
  if (long === undefined) return quoted(`*${name}${text}${value}`);
  return `'*'{${names.join(',')}}${quoted(`${text}${value}`)}`;
}

function actionOf(values: Values): string {
  if (values === 'none') return ' ';
  return values === 'file' ? '_files' : `(${values.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
