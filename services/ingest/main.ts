import { configOption, createCommand } from '#runtime/command.ts';
import { runService } from '#runtime/service.ts';
import { startIngest } from './ingest.ts';

const command = createCommand(
  'ingest',
  'Reads Track events from Kafka, maps them and puts them into the queue.',
  'capi-relay ingest --config capi-relay.yaml',
).addOption(configOption());

await runService(command, 'ingest', startIngest);
