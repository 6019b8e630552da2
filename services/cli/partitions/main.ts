import { ExpectedError, UsageError } from '#config/errors.ts';
import { loadConfiguration } from '#config/load.ts';
import { createKafka } from '#kafka/client.ts';
import { observeKafka } from '#kafka/observer.ts';
import { configOption, createCommand, EXIT, runCommand } from '#process/command.ts';
import { connectOnce } from '#store/connection.ts';
import { print, printJson } from '../output/print.ts';
import { type PartitionDeps, readPartitions, renderPartitions, resume } from './partitions.ts';

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
  const { resume: place, at, json } = options as Readonly<Record<string, string | undefined>>;
  if ((place === undefined) !== (at === undefined)) {
    throw new UsageError(
      '--resume and --at belong together: the partition, and where it continues',
    );
  }
  const configuration = await loadConfiguration(options['config'] as string, process.env);
  const { kafka, redis: store } = configuration;
  const redis = connectOnce(store.url);
  await redis.connect().catch(() => {
    throw new ExpectedError('Redis does not answer: run capi-relay check');
  });
  const observer = await observeKafka(createKafka({ ...kafka, retries: 2 })).catch(() => {
    throw new ExpectedError('Kafka does not answer: run capi-relay check');
  });
  try {
    const deps: PartitionDeps = { redis, observer, prefix: store.prefix, ...kafka };
    if (place !== undefined && at !== undefined) await resume(deps, place, at);
    const partitions = await readPartitions(deps);
    await (json ? printJson(partitions) : print(renderPartitions(partitions)));
    return EXIT.done;
  } finally {
    redis.disconnect();
    await observer.close();
  }
});
