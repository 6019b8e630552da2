import { loadConfiguration } from '#config/load.ts';
import { createKafka } from '#kafka/client.ts';
import { observeKafka } from '#kafka/observer.ts';
import {
  configOption,
  createCommand,
  EXIT,
  ExpectedError,
  runCommand,
  UsageError,
} from '#process/command.ts';
import { connectOnce } from '#store/connection.ts';
import { print, printJson } from '../dead-letters/print.ts';
import { type Deps, readPartitions, resume } from './partitions.ts';
import { renderPartitions } from './render.ts';

const command = createCommand(
  'partitions',
  'Shows how far each partition was taken, and which are halted because their log ends before that. With --resume, says where a halted one goes on.',
  `capi-relay partitions --config capi-relay.yaml
capi-relay partitions --resume segment-track/3 --at 60`,
)
  .addOption(configOption())
  .option('--resume <topic/partition>', 'the halted partition to be read again')
  .option('--at <offset>', 'where: an offset, or `beginning` or `end` of its log as it is now')
  .option('--json', 'print JSON')
  .addHelpText(
    'after',
    `
What lies before --at and is not taken yet is left out; what lies behind it and was taken is sent again.
A log that was cut and has taken nothing since goes on at the offset at which it was halted.
Exit codes: 0 done   1 failed, or the partition is not halted   2 wrong usage or configuration`,
  );

await runCommand(command, async (options) => {
  const { resume: place, at, json } = options as Readonly<Record<string, string | undefined>>;
  if ((place === undefined) !== (at === undefined)) {
    throw new UsageError('--resume and --at belong together: which partition goes on, and where');
  }
  const configuration = await loadConfiguration(options['config'] as string, process.env);
  const { kafka, redis: store } = configuration;
  const redis = connectOnce(store.url);
  await redis.connect().catch(() => {
    throw new ExpectedError('Redis does not answer: capi-relay check says more');
  });
  const observer = await observeKafka(createKafka({ ...kafka, retries: 2 })).catch(() => {
    throw new ExpectedError('Kafka does not answer: capi-relay check says more');
  });
  try {
    const deps: Deps = { redis, observer, prefix: store.prefix, ...kafka };
    if (place !== undefined && at !== undefined) await resume(deps, place, at);
    const partitions = await readPartitions(deps);
    if (json) await printJson(partitions);
    else await print(renderPartitions(partitions));
    return EXIT.done;
  } finally {
    redis.disconnect();
    await observer.close();
  }
});
