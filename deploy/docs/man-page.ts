import type { CommandDescription, OptionDescription } from '#cli/completion/describe.ts';

/**
 * The manual page capi-relay(1).
 * Source: https://man7.org/linux/man-pages/man7/groff_man.7.html
 */
export function manPage(
  commands: readonly CommandDescription[],
  release: Parameters<typeof titleLine>[0],
): string {
  const variables = environmentOf(commands);
  return `${[
    titleLine(release),
    '.SH NAME',
    "capi\\-relay \\- delivers Segment-spec Track events from Kafka to Meta's Conversions API",
    '.SH SYNOPSIS',
    '.B capi\\-relay',
    '.I command',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    'Each command explains itself with',
    '.BR \\-\\-help .',
    ...commands.flatMap(({ path, title }) => [
      '.TP',
      `.B ${escaped(path.join(' '))}`,
      escaped(title),
    ]),
    '.SH COMMANDS',
    ...commands.flatMap(sectionOf),
    '.SH ENVIRONMENT',
    ...variables.flatMap(([name, meaning]) => ['.TP', `.B ${escaped(name)}`, escaped(meaning)]),
    '.SH EXIT STATUS',
    '0: done. 1: failed. 2: wrong usage or configuration. Further ones are told with their command.',
  ].join('\n')}\n`;
}

/** The first line of the page: with the date and the version of the newest release, where there is one. */
export function titleLine(
  release: { readonly version: string; readonly date: string } | null,
): string {
  const { date = '', version = '' } = release ?? {};
  const name = `"capi\\-relay ${escaped(version)}`.trimEnd();
  return `.TH CAPI\\-RELAY 1 "${date}" ${name}" "User Commands"`;
}

/** What is read from the environment besides the values of the configuration. */
function environmentOf(commands: readonly CommandDescription[]): [string, string][] {
  const options = commands.flatMap((each) => each.options);
  const named = options.flatMap(({ variable, names }): [string, string][] =>
    variable === null ? [] : [[variable, `Used where ${names.at(-1)} is not given.`]],
  );
  return [
    ...new Map(named),
    ['CAPI_RELAY_ACCESS_TOKEN', 'The access token of send, without a configuration.'],
    ['NO_COLOR', 'Turns colours off.'],
  ];
}

function sectionOf({
  path,
  usage,
  summary,
  options,
  notes,
  commands,
}: CommandDescription): string[] {
  return [
    `.SS "capi\\-relay ${escaped(path.join(' '))} ${escaped(usage)}"`,
    escaped(summary),
    ...options.flatMap(optionOf),
    ...(notes === '' ? [] : ['.PP', '.EX', ...notes.split('\n').map(escaped), '.EE']),
    ...commands.flatMap(sectionOf),
  ];
}

function optionOf({ usage, summary }: OptionDescription): string[] {
  return ['.TP', `.B ${escaped(usage)}`, escaped(summary)];
}

/** One line of text, in which nothing is a request or an escape of troff. */
function escaped(text: string): string {
  const plain = text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replaceAll('"', '\\(dq');
  return /^[.']/.test(plain) ? `\\&${plain}` : plain;
}
