import { timeOf } from '#core/mapping/event-time.ts';
import { type Command, configOption, createCommand, UsageError } from '#process/command.ts';

export interface PreviewOptions {
  /** Null without a configuration: then lines carry settings, or the defaults count. */
  readonly configFile: string | null;
  /** Null for standard input. */
  readonly file: string | null;
  /** Unix ms that counts as now for lines that say nothing else; null for the clock. */
  readonly now: number | null;
  readonly readable: boolean;
  readonly reveal: boolean;
}

const EXAMPLE = `capi-relay preview --config capi-relay.yaml events.jsonl
kcat -C -e -t track-events | capi-relay preview --config capi-relay.yaml --json
echo '{"settings":{"defaultCurrency":"EUR"},"event":{…},"now":"2026-11-20T10:00:00Z"}' \\
  | capi-relay preview`;

const NOTES = `
Input: JSON lines. A line is a Track event, or an object with the event and, if wanted, its pixel
settings and its time: {"settings":{…},"event":{…},"now":"2026-11-20T10:00:00Z"}. Settings of a
line come before the configuration; without either, the defaults and pixel 0 stand in.

Output: one JSON object a line, in the order of the input:
  {"outcome":"deliver","pixelId":…,"event":…,"warnings":[…]}   the event byte for byte as it is sent
  {"outcome":"filter"|"reject","reason":…,"message":…}
With --config an event goes to each pixel that its events.where asks for, one output line for each
(with its pixelId), and to none with the reason no_pixel. A line that is not JSON is a reject with
invalid_event, settings that are wrong one with invalid_settings. No network is used.
On a terminal people get a readable rendering instead.`;

export function previewCommand(): Command {
  return createCommand('preview', 'Shows what Track events become for Meta, and why.', EXAMPLE)
    .argument('[file]', 'JSON lines; standard input when left out, or when -')
    .addOption(configOption())
    .option('--now <time>', 'ISO 8601; judges events as if it were that time')
    .option('--json', 'JSON lines, on a terminal too')
    .option('--readable', 'the readable rendering, without a terminal too')
    .option('--reveal', 'readable: show personal values as they are before hashing')
    .addHelpText('after', NOTES);
}

/** @throws UsageError that says which flag is wrong, and what it takes */
export function readFlags(
  flags: Record<string, unknown>,
  [file = '-']: readonly string[],
  isTerminal: boolean,
): PreviewOptions {
  const now = flags['now'] === undefined ? null : timeOf(flags['now']);
  if (flags['now'] !== undefined && now === null) {
    throw new UsageError('--now takes a time such as 2026-11-20T10:00:00Z');
  }
  if (flags['json'] === true && flags['readable'] === true) {
    throw new UsageError('--json and --readable exclude each other');
  }
  return {
    configFile: (flags['config'] as string | undefined) ?? null,
    file: file === '-' ? null : file,
    now,
    readable: flags['readable'] === true || (isTerminal && flags['json'] !== true),
    reveal: flags['reveal'] === true,
  };
}
