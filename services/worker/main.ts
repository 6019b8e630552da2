import { configOption, createCommand, runCommand } from '#process/command.ts';

const command = createCommand(
  'worker',
  "Takes events from the queue, hashes their personal fields and delivers them to Meta's Conversions API.",
  'capi-relay worker --config capi-relay.yaml',
).addOption(configOption());

await runCommand(command, async (options) => {
  // Loaded only now, so that --help answers at once.
  const { runService } = await import('#process/service.ts');
  const { startWorker } = await import('./worker.ts');
  const { WORKER_METRICS } = await import('./metrics.ts');
  return runService('worker', WORKER_METRICS, options, startWorker);
});
