import { UsageError } from '#config/errors.ts';
import { type Command, createCommand, Option } from '#process/command.ts';
import { commaList, wholeNumber } from '#process/option-values.ts';
import type { Behaviour } from './behaviour/behaviour.ts';
import { parseBehaviour } from './behaviour/kinds.ts';
import { DEFAULT_OPTIONS, type SandboxOptions } from './sandbox.ts';
import type { IndexShown } from './validator/fault.ts';

/** The other flags have the names of their options. */
interface Flags extends Partial<SandboxOptions> {
  readonly gzip: boolean;
  readonly nameIndex: IndexShown;
  readonly behaviour?: readonly Behaviour[];
}

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

/** The flags as options of the sandbox. */
export function optionsOf(flags: Record<string, unknown>): SandboxOptions {
  const { gzip, nameIndex, behaviour = [], ...named } = flags as unknown as Flags;
  const renamed = { acceptGzip: gzip, indexShown: nameIndex, behaviours: behaviour };
  return { ...DEFAULT_OPTIONS, ...named, ...renamed };
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

function collect(text: string, before: readonly Behaviour[] = []): Behaviour[] {
  try {
    return [...before, parseShorthand(text)];
  } catch (error) {
    throw new UsageError(`--behaviour ${(error as Error).message}`);
  }
}

/**
 * A behaviour as a flag: `<pixel>=<kind>[,name:value…]`, or `<pixel>=` and JSON.
 * `123=status,status:503,probability:0.2,times:10` · `*={"kind":"delay","ms":[50,200]}`
 *
 * @throws Error with everything that is wrong with it
 */
export function parseShorthand(text: string): Behaviour {
  const equals = text.indexOf('=');
  if (equals < 1) throw new Error(`"${text}": write <pixel>=<kind>[,name:value…]`);
  const pixel = text.slice(0, equals);
  const parsed = parseBehaviour({ pixel, ...fieldsOf(text.slice(equals + 1)) });
  if ('problems' in parsed) throw new Error(`"${text}": ${parsed.problems.join('; ')}`);
  return parsed;
}

function fieldsOf(text: string): Record<string, unknown> {
  if (text.startsWith('{')) return JSON.parse(text) as Record<string, unknown>;
  const [kind, ...rest] = text.split(',');
  const fields = rest.map((part) => {
    const colon = part.indexOf(':');
    return [part.slice(0, colon), literal(part.slice(colon + 1))] as const;
  });
  return { kind, ...Object.fromEntries(fields) };
}

/** Numbers, booleans and ranges such as `50-200`; anything else is a string. */
function literal(text: string): unknown {
  const range = /^(\d+)-(\d+)$/.exec(text);
  if (range !== null) return [Number(range[1]), Number(range[2])];
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
