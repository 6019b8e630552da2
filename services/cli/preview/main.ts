import { UsageError } from '#config/errors.ts';
import { timeOf } from '#core/mapping/event-time.ts';
import { configOption, createCommand, Option, runCommand } from '#process/command.ts';

const EXAMPLE = `capi-relay preview --config capi-relay.yaml events.jsonl
kcat -C -e -t track-events | capi-relay preview --config capi-relay.yaml --json
echo '{"settings":{"defaultCurrency":"EUR"},"event":{…},"now":"2026-11-20T10:00:00Z"}' \\
  | capi-relay preview
echo '{"settings":{"fields":{"em":["context.traits.email","properties.email"]}},"event":{…}}' \\
  | capi-relay preview --readable`;

const NOTES = `
Input: JSON lines. Each line is a Track event, or an object that wraps one and optionally sets the
pixel settings and the time: {"settings":{…},"event":{…},"now":"2026-11-20T10:00:00Z"}. Settings in
a line override the configuration; without either, the defaults and pixel 0 are used.

Output: one JSON object per line, in the order of the input:
  {"outcome":"deliver","pixelId":…,"event":…,"warnings":[…]}   the event byte for byte as it is sent
  {"outcome":"filter"|"reject","reason":…,"message":…}
With --config, an event is mapped for each pixel whose events.where and events.allow select it: one
output line per pixel, with its pixelId, or a filter with the reason no_pixel. Where eventRules make
several events of one, each has a line. A line that is not
JSON is a reject with invalid_event; wrong settings are a reject with invalid_settings. Settings in
a line select every event: their events are ignored. No network is used.
On a terminal, the output is a readable rendering instead.`;

const command = createCommand(
  'preview',
  'Shows what Meta receives for a Track event, and why.',
  EXAMPLE,
)
  .argument('[file]', 'JSON lines; standard input if omitted, or -')
  .addOption(configOption())
  .option('--now <time>', 'ISO 8601; map events as of this time', parseTime)
  .addOption(new Option('--json', 'print JSON lines, even on a terminal').conflicts('readable'))
  .option('--readable', 'print the readable rendering, even without a terminal')
  .option('--reveal', 'in the readable rendering, show personal values before hashing')
  .addHelpText('after', NOTES);

function parseTime(text: string): number {
  const time = timeOf(text);
  if (time === null) throw new UsageError('--now takes a time such as 2026-11-20T10:00:00Z');
  return time;
}

await runCommand(command, async () => {
  // Loaded only now, so that --help answers at once.
  const { previewLines } = await import('./preview.ts');
  return previewLines(command.args[0] ?? '-', command.opts());
});
