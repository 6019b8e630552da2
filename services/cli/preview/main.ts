import { createCommand, Option, optionalConfigOption, runCommand } from '#process/command.ts';
import { positiveNumber, wholeNumber } from '#process/option-values.ts';
import { parseFailOn } from './fail-on.ts';
import { checkFlags, type PreviewFlags, parseCount, parseTime } from './flags.ts';

const EXAMPLE = `capi-relay preview --config capi-relay.yaml events.jsonl
capi-relay preview --from-kafka 20
capi-relay preview --config capi-relay.yaml --from-kafka 1 --topic track-events --partition 3 \\
  --from-offset 18204
capi-relay preview --config capi-relay.yaml --fail-on reject,warning events.jsonl > /dev/null
echo '{"settings":{"defaultCurrency":"EUR"},"event":{…},"now":"2026-11-20T10:00:00Z"}' \\
  | capi-relay preview
echo '{"settings":{"fields":{"em":["context.traits.email","properties.email"]}},"event":{…}}' \\
  | capi-relay preview --readable`;

const NOTES = `
Input: JSON lines. Each line is a Track event, or an object that wraps one and optionally sets the
pixel settings and the time: {"settings":{…},"event":{…},"now":"2026-11-20T10:00:00Z"}. Settings in
a line override the configuration; without either, the defaults and pixel 0 are used.

--from-kafka N reads the newest N messages of kafka.topics instead, by their timestamps over all
partitions, as ingest reads them: no wrapping, aborted transactions left out, a batch that cannot be
read as one reject. It has no consumer group, and commits and changes nothing. It needs the ACL
operation Read on the topics, and ends at their ends. Without --config, it reads the configuration
file of this folder, as every command does that needs one.

Output: one JSON object per line, in the order of the input:
  {"outcome":"deliver","pixelId":…,"event":…,"warnings":[…]}   the event byte for byte as it is sent
  {"outcome":"filter"|"reject","reason":…,"message":…}
With --config, an event is mapped for each pixel whose events.where and events.allow select it: one
output line per pixel, with its pixelId, or a filter with the reason no_pixel. Where eventRules make
several events of one, each has a line. A line that is not
JSON is a reject with invalid_event; wrong settings are a reject with invalid_settings. Settings in
a line select every event: their events are ignored. With --from-kafka, each line has the topic,
partition, offset and timestamp in kafka; otherwise no network is used.
On a terminal, the output is a readable rendering instead.

--fail-on ends with exit code 1 where a result is one of those, and lists where on standard error.`;

const command = createCommand(
  'preview',
  'Shows what Meta receives for a Track event, and why.',
  EXAMPLE,
)
  .argument('[file]', 'JSON lines; standard input if omitted, or -')
  .addOption(optionalConfigOption())
  .option('--now <time>', 'ISO 8601; map events as of this time', parseTime)
  .addOption(new Option('--json', 'print JSON lines, even on a terminal').conflicts('readable'))
  .option('--readable', 'print the readable rendering, even without a terminal')
  .option('--reveal', 'in the readable rendering, show personal values before hashing')
  .option(
    '--from-kafka <count>',
    'the newest messages of the topics, instead of a file',
    parseCount,
  )
  .option('--topic <topic>', 'with --from-kafka: only this one of kafka.topics')
  .option(
    '--partition <number>',
    'with --from-kafka: only this partition',
    wholeNumber('--partition', '', 0),
  )
  .option(
    '--from-offset <offset>',
    'with --partition: read from this offset on, instead of the newest',
    wholeNumber('--from-offset', '', 0),
  )
  .option(
    '--timeout <seconds>',
    'with --from-kafka: longest search, and longest wait for Kafka; 30 if omitted',
    positiveNumber('--timeout', 'seconds'),
  )
  .option(
    '--fail-on <kinds>',
    'reject, warning, filter: exit code 1 where a result is one of these',
    parseFailOn,
  )
  .addHelpText('after', NOTES);

await runCommand(command, async () => {
  const flags = command.opts<PreviewFlags>();
  checkFlags(flags, command.args);
  // Loaded only now, so that --help answers at once.
  const { preview } = await import('./preview.ts');
  return preview(command.args[0] ?? '-', flags);
});
