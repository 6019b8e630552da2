import { loadConfiguration } from '#config/load.ts';
import { ConfigurationError, type Problem } from '#config/problem.ts';
import { configOption, createCommand, EXIT, runCommand } from '#process/command.ts';
import { type Finding, failure, warning } from './finding.ts';
import { lookAtEnvelopes } from './look-at-envelopes.ts';
import { lookAtExposures } from './look-at-exposures.ts';
import { lookAtKafka } from './look-at-kafka.ts';
import { lookAtPixel } from './look-at-pixel.ts';
import { lookAtRedis } from './look-at-redis.ts';
import { lookAtSealing } from './look-at-sealing.ts';
import { lookAtSecrets } from './look-at-secrets.ts';
import { lookAtStrangers } from './look-at-strangers.ts';
import { render } from './render.ts';

const command = createCommand(
  'check',
  'Validates the configuration, and tries each connection that it names.',
  'capi-relay check --config capi-relay.yaml',
)
  .addOption(configOption())
  .option('--json', 'print the findings as JSON');

function findingOf({ path, line, message, mend }: Problem): Finding {
  const place = line === null ? path : `line ${line}, ${path}`;
  return failure('configuration', `${place}: ${message}`, mend);
}

await runCommand(command, async ({ config, json }) => {
  const loaded = await loadConfiguration(config as string | undefined, process.env).catch(
    (error: unknown) => {
      if (json && error instanceof ConfigurationError) return error;
      throw error;
    },
  );
  if (loaded instanceof ConfigurationError) {
    process.stdout.write(`${JSON.stringify({ findings: loaded.problems.map(findingOf) })}\n`);
    return EXIT.usage;
  }
  const { kafka, redis, graphApi, pixels, sealing, deadLetters, files } = loaded;
  const looked = await Promise.all([
    lookAtSealing(sealing),
    lookAtExposures(loaded),
    lookAtSecrets(files.slice(1)),
    lookAtKafka(kafka, deadLetters.topic),
    lookAtStrangers(kafka, redis),
    lookAtRedis(redis),
    lookAtEnvelopes(
      redis,
      pixels.map(({ pixelId }) => pixelId),
    ),
    ...pixels.map((pixel) => lookAtPixel(graphApi, pixel)),
  ]);
  const renamed = loaded.renamed.map(({ from, to }) =>
    warning('configuration', `the section ${from} is now called ${to}`, `rename it to ${to}`),
  );
  const findings: readonly Finding[] = [...renamed, ...looked.flat()];
  process.stdout.write(json ? `${JSON.stringify({ findings })}\n` : render(findings));
  const failed = findings.some(({ level }) => level === 'failure');
  // A connection that still hangs must not keep the command.
  setImmediate(() => process.exit());
  return failed ? EXIT.failed : EXIT.done;
});
