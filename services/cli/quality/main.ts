import { configOption, createCommand, runCommand } from '#process/command.ts';
import { collect } from '#process/option-values.ts';

const command = createCommand(
  'quality',
  'Shows how well Meta can match the events of each pixel, as its Dataset Quality API says: Event Match Quality, identifiers, coverage, deduplication, freshness and issues; beside it what we sent, and what to send to improve it. Reads what control stored, unless told to ask Meta.',
  `capi-relay quality --config capi-relay.yaml
capi-relay quality --pixel 1234567890 --refresh
capi-relay quality --json | jq '.pixels[] | {pixelId, scores: [.events[] | {eventName, score}]}'`,
)
  .addOption(configOption())
  .option('--pixel <id or name>', 'only this pixel; may be repeated', collect)
  .option('--refresh', 'ask Meta now; nothing is stored, and Redis is not needed')
  .option('--json', 'print JSON: times in Unix ms, percentages as Meta writes them, shares 0 to 1')
  .addHelpText(
    'after',
    `
SCORE: Event Match Quality, of 10. USUAL: the median of its last 14 days. COVERED: events of the browser
that the server sent too. EVENT ID: events with one. GAIN: further conversions reported, as Meta says.
control stores it while control.quality.enabled is true (docs/quality.md).
Exit codes:
  0 done   1 Meta does not tell it for a pixel, or Redis cannot be read
  2 wrong usage or configuration`,
  );

await runCommand(command, async () => {
  // Loaded only now, so that --help answers at once.
  const { showQuality } = await import('./quality.ts');
  return showQuality(command.opts());
});
