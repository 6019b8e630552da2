import { UsageError } from '#config/errors.ts';
import { configOption, createCommand, runCommand } from '#process/command.ts';
import { commaList, positiveNumber, wholeNumber } from '#process/option-values.ts';

const command = createCommand(
  'check',
  'Validates the configuration and tests each connection. Lists every problem with its location and a fix.',
  `capi-relay check --config capi-relay.yaml
capi-relay check --config capi-relay.yaml --sample 1000 --timeout 20`,
)
  .addOption(configOption())
  .option('--json', 'print the findings as JSON')
  .option(
    '--timeout <seconds>',
    'longest wait for each connection',
    positiveNumber('--timeout', 'seconds'),
    5,
  )
  .option(
    '--sample <count>',
    'say what would become of the newest messages of the topics; 0 reads none',
    sampleSize,
    200,
  )
  .option(
    '--test-event <pixel:code,…>',
    'send one event to each of these pixels, with the code of its Test Events page; Meta counts it like any other',
    testEvents,
  );

const MOST_SAMPLED = 10_000;

function sampleSize(text: string): number {
  const count = wholeNumber('--sample', ' of messages', 0)(text);
  if (count <= MOST_SAMPLED) return count;
  throw new UsageError(`--sample takes at most ${MOST_SAMPLED} messages, not ${count}`);
}

/** Pixel → test event code. */
function testEvents(text: string): Map<string, string> {
  return new Map(
    commaList('--test-event')(text).map((pair) => {
      const [, pixelId, code] = /^(\d+):(\S+)$/.exec(pair) ?? [];
      if (pixelId !== undefined && code !== undefined) return [pixelId, code];
      throw new UsageError('--test-event takes pixel:code pairs, separated by commas');
    }),
  );
}

await runCommand(command, async () => {
  // Loaded only now, so that --help answers at once.
  const { checkAll } = await import('./check.ts');
  return checkAll(command.opts());
});
