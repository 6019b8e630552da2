import { UsageError } from '#config/errors.ts';
import { type Command, createCommand, Option } from '#process/command.ts';
import { collect, commaList, wholeNumber } from '#process/option-values.ts';
import { DEFAULT_OPTIONS } from './sandbox.ts';

const EXAMPLE = `\
capi-relay sandbox --port 9200 --pixels 1234567890:a-token,2345678901:another \\
  --behaviour '1234567890=throttle,probability:0.1,regainMinutes:1' \\
  --behaviour '*=delay,ms:20-80'

curl -X POST localhost:9200/_sandbox/behaviour \\
  -d '{"pixel":"1234567890","kind":"status","status":503,"times":10}'
curl localhost:9200/_sandbox/state`;

const fromZero = (flag: string) => wholeNumber(flag, '', 0);

/** `capi-relay sandbox` and its flags. */
export function sandboxCommand(): Command {
  const command = createCommand(
    'sandbox',
    "Runs a local stand-in for Meta's Conversions API that is as strict as Meta and fails on demand.",
    EXAMPLE,
  );
  const { host, port, maxBodyBytes } = DEFAULT_OPTIONS;
  return command
    .option('--port <number>', 'port to listen on; 0 picks a free one', fromZero('--port'), port)
    .option('--host <address>', 'address to listen on', host)
    .option('--pixels <id:token,…>', 'pixels and their tokens (default: any)', pixels)
    .option(
      '--behaviour <pixel=kind,…>',
      'a failure to simulate; also as JSON; repeatable',
      collect,
    )
    .option('--require-website-context', 'refuse website events without user agent or URL')
    .option('--allow-personal-data', 'accept custom_data that looks personal')
    .option('--no-gzip', 'refuse compressed request bodies')
    .option(
      '--max-body-bytes <number>',
      'largest request body',
      fromZero('--max-body-bytes'),
      maxBodyBytes,
    )
    .option(
      '--versions <list>',
      'API versions to serve (default: those that Meta serves today)',
      commaList('--versions'),
    )
    .addOption(
      new Option('--name-index <which>', 'which refusals name the index of the event')
        .choices(['some', 'always', 'never'])
        .default('some'),
    );
}

/** A pixel that is repeated has several tokens. */
function pixels(text: string): Map<string, Set<string>> {
  const tokens = new Map<string, Set<string>>();
  for (const pair of commaList('--pixels')(text)) {
    const [, pixel, token] = /^([\w-]+):(.+)$/.exec(pair) ?? [];
    if (pixel === undefined || token === undefined) {
      throw new UsageError('--pixels takes id:token pairs, separated by commas');
    }
    tokens.set(pixel, (tokens.get(pixel) ?? new Set()).add(token));
  }
  return tokens;
}
