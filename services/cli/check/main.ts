import { configOption, createCommand, EXIT, runCommand } from '#runtime/command.ts';
import { loadConfiguration } from '#runtime/configuration/load.ts';
import type { Finding } from './finding.ts';
import { lookAtKafka } from './look-at-kafka.ts';
import { lookAtPixel } from './look-at-pixel.ts';
import { lookAtRedis } from './look-at-redis.ts';
import { lookAtSealing } from './look-at-sealing.ts';
import { render } from './render.ts';

const command = createCommand(
  'check',
  'Validates the configuration, and tries each connection that it names.',
  'capi-relay check --config capi-relay.yaml',
)
  .addOption(configOption())
  .option('--json', 'print the findings as JSON');

await runCommand(command, async ({ config, json }) => {
  const configuration = await loadConfiguration(config as string | undefined, process.env);
  const { kafka, redis, graphApi, pixels, sealing } = configuration;
  const looked = await Promise.all([
    [lookAtSealing(sealing)],
    lookAtKafka(kafka),
    lookAtRedis(redis.url),
    ...pixels.map((pixel) => lookAtPixel(graphApi, pixel)),
  ]);
  const findings: readonly Finding[] = looked.flat();
  process.stdout.write(json ? `${JSON.stringify({ findings })}\n` : render(findings));
  const failed = findings.some(({ level }) => level === 'failure');
  // A connection that still hangs must not keep the command.
  setImmediate(() => process.exit());
  return failed ? EXIT.failed : EXIT.done;
});
