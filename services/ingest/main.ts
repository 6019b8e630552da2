import { configOption, createCommand, runCommand } from '#process/command.ts';

const command = createCommand(
  'ingest',
  'Reads Track events from Kafka, maps them and puts them into the queue.',
  'capi-relay ingest --config capi-relay.yaml',
).addOption(configOption());

await runCommand(command, async (options) => {
  // Loaded only now, so that --help answers at once.
  const { runService } = await import('#process/service.ts');
  const { startIngest } = await import('./ingest.ts');
  const { INGEST_METRICS } = await import('./metrics.ts');
  return runService('ingest', INGEST_METRICS, options, startIngest);
});
