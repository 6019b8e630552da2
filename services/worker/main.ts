import { configOption, createCommand } from '#runtime/command.ts';
import { runService } from '#runtime/service.ts';
import { startWorker } from './worker.ts';

const command = createCommand(
  'worker',
  "Takes events from the queue, hashes their personal fields and delivers them to Meta's Conversions API.",
  'capi-relay worker --config capi-relay.yaml',
).addOption(configOption());

await runService(command, 'worker', startWorker);
