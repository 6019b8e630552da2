import { UsageError } from '#config/errors.ts';
import { configOption, createCommand, runCommand } from '#process/command.ts';
import { commaList, positiveNumber } from '#process/option-values.ts';

const command = createCommand(
  'check',
  'Validates the configuration and tests each connection. Lists every problem with its location and a fix.',
  'capi-relay check --config capi-relay.yaml',
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
    '--test-event <pixel:code,…>',
    'send one event to each of these pixels, with the code of its Test Events page; Meta counts it like any other',
    testEvents,
  );

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
