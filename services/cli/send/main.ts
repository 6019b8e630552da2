import { createCommand, optionalConfigOption, runCommand } from '#process/command.ts';
import { MOST_SENT } from './limits.ts';

const EXAMPLE = `capi-relay send --config capi-relay.yaml --test-event-code TEST12345 events.jsonl
CAPI_RELAY_ACCESS_TOKEN=… capi-relay send --pixel 1234567890 < event.json
echo '{"type":"track","event":"Signed Up","userId":"u-1"}' | capi-relay send --json`;

const NOTES = `
Input: JSON lines, as preview takes them. Each line is a Track event, or {"settings":{…},"event":{…}}.
One event may also be written over several lines.
Every event is sent at once, in a request of its own, without Kafka or Redis, and is not retried.
Nothing is sent before every line has been mapped. At most ${MOST_SENT} events.

With --config, an event goes to each pixel whose events.where selects it; --pixel names one of them.
Without it, --pixel and an access token suffice.

Events count as any others do, also with a test event code: the code shows them on the Test Events
page in addition.

Ctrl-C ends it: the request under way is answered for, and what was not sent is named.

Exit codes: 0 every event was delivered or filtered; 1 one was not; 2 wrong usage or configuration;
130 interrupted.`;

const command = createCommand(
  'send',
  "Sends a few Track events to Meta at once, and explains each answer in Meta's and in our words.",
  EXAMPLE,
)
  .argument('[file]', 'JSON lines; standard input if omitted, or -')
  .addOption(optionalConfigOption())
  .option('--pixel <id or name>', 'send to this pixel only')
  .option(
    '--access-token-file <file>',
    'file that holds the access token, without --config; else CAPI_RELAY_ACCESS_TOKEN is it',
  )
  .option(
    '--test-event-code <code>',
    'show the events on the Test Events page; Meta counts them all the same',
  )
  .option('--json', 'print the answers as JSON lines')
  .addHelpText('after', NOTES);

await runCommand(command, async () => {
  // Loaded only now, so that --help answers at once.
  const { sendFile } = await import('./send-file.ts');
  return sendFile(command.args[0] ?? '-', command.opts());
});
