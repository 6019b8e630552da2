import { UsageError } from '#config/errors.ts';
import { configOption, createCommand, runCommand } from '#process/command.ts';

const command = createCommand(
  'partitions',
  'Shows how far each partition has been read, and which partitions are halted because their log ends before that offset. --resume continues a halted partition.',
  `capi-relay partitions --config capi-relay.yaml
capi-relay partitions --resume segment-track/3 --at 60`,
)
  .addOption(configOption())
  .option('--resume <topic/partition>', 'the halted partition to continue')
  .option('--at <offset>', 'where to continue: an offset, or `beginning` or `end` of its log')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
Messages before --at that were not read yet are skipped; messages after it that were read before are
sent again. If the log was cut and nothing was read since, continue at the offset where it was halted.
Exit codes: 0 done   1 failed, or the partition is not halted   2 wrong usage or configuration`,
  );

await runCommand(command, async (options) => {
  const { resume: place, at } = options as Readonly<Record<string, string | undefined>>;
  if ((place === undefined) !== (at === undefined)) {
    throw new UsageError(
      '--resume and --at belong together: the partition, and where it continues',
    );
  }
  // Loaded only now, so that --help answers at once.
  const { showPartitions } = await import('./partitions.ts');
  const continued = place === undefined || at === undefined ? null : { place, at };
  return showPartitions(command.opts(), continued);
});
