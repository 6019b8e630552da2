import type { CommandDescription, OptionDescription } from './describe.ts';

/** For bash 3.2, which macOS has, and newer ones. Nothing else need be installed. */
export function bashCompletion(commands: readonly CommandDescription[]): string {
  return `# bash completion of capi-relay, printed by: capi-relay completion bash

${contextFunction(commands)}
# Files whose name starts with a word; a folder ends with a slash.
_capi_relay_files() {
  local file
  compopt -o filenames 2>/dev/null
  while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$1")
}

_capi_relay() {
  local word=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD - 1]}
  local path='' skip='' index words='' valued='' files='' choices=''
  COMPREPLY=()
  # The shell splits --option=value into three words.
  if [[ $word == '=' ]]; then word=''; elif [[ $option == '=' ]]; then option=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  _capi_relay_context ''
  for ((index = 1; index < COMP_CWORD; index++)); do
    local given=\${COMP_WORDS[index]}
    if [[ $given == help && -z $path ]]; then continue; fi
    if [[ -n $skip && $given != '=' ]]; then
      skip=''
    elif [[ " $valued " == *" $given "* ]]; then
      skip=yes
    elif [[ $given != -* && " $words " == *" $given "* ]]; then
      path="\${path:+$path }$given"
      _capi_relay_context "$path"
    fi
  done
  if [[ " $valued " == *" $option "* ]]; then
    _capi_relay_values "$path $option"
    if [[ -n $choices ]]; then COMPREPLY=($(compgen -W "$choices" -- "$word")); fi
    if [[ -n $files ]]; then _capi_relay_files "$word"; fi
    return
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [[ -n $files && $word != -* ]]; then _capi_relay_files "$word"; fi
}

complete -F _capi_relay capi-relay
`;
}

/** What may follow the commands so far, and what the value of an option may be. */
function contextFunction(commands: readonly CommandDescription[]): string {
  const all = commands.flatMap(withNested);
  const names = commands.map(({ path }) => path.join(' '));
  const program = `    '') words='${[...names, 'help', '--help', '--version'].join(' ')}' valued='' files='' ;;`;
  return `_capi_relay_context() {
  case $1 in
${[program, ...all.map(contextCase)].join('\n')}
    *) words='' valued='' files='' ;;
  esac
}

_capi_relay_values() {
  files=''
  case $1 in
${all.flatMap(valueCases).join('\n')}
  esac
}
`;
}

function withNested(command: CommandDescription): CommandDescription[] {
  return [command, ...command.commands.flatMap(withNested)];
}

function contextCase({ path, options, commands, values }: CommandDescription): string {
  const names = commands.map((each) => each.path.at(-1) ?? '');
  const choices = typeof values === 'string' ? [] : values;
  const words = [...names, ...choices, ...options.flatMap((each) => each.names)].join(' ');
  const valued = options.filter((each) => each.values !== null).flatMap((each) => each.names);
  const files = values === 'file' ? 'yes' : '';
  return `    '${path.join(' ')}') words='${words}' valued='${valued.join(' ')}' files='${files}' ;;`;
}

function valueCases({ path, options }: CommandDescription): string[] {
  return options.flatMap(({ names, values }: OptionDescription) => {
    if (values === null || values === 'none') return [];
    const pattern = names.map((name) => `'${[...path, name].join(' ')}'`).join('|');
    const set = values === 'file' ? 'files=yes' : `choices='${values.join(' ')}'`;
    return [`    ${pattern}) ${set} ;;`];
  });
}
