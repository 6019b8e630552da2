import { UsageError } from '#config/errors.ts';
import type { Behaviour } from './behaviour/behaviour.ts';
import { parseBehaviour } from './behaviour/kinds.ts';
import { DEFAULT_OPTIONS, type SandboxOptions } from './sandbox.ts';
import type { IndexShown } from './validator/fault.ts';

/** The other flags have the names of their options. */
interface Flags extends Partial<SandboxOptions> {
  readonly gzip: boolean;
  readonly nameIndex: IndexShown;
  readonly behaviour?: readonly string[];
}

/**
 * The flags as options of the sandbox.
 * @throws UsageError for a behaviour that is none
 */
export function optionsOf(flags: Record<string, unknown>): SandboxOptions {
  const { gzip, nameIndex, behaviour = [], ...named } = flags as unknown as Flags;
  const renamed = {
    acceptGzip: gzip,
    indexShown: nameIndex,
    behaviours: behaviour.map(behaviourOf),
  };
  return { ...DEFAULT_OPTIONS, ...named, ...renamed };
}

function behaviourOf(text: string): Behaviour {
  try {
    return parseShorthand(text);
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
