/** Any JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** Where inside a server event something is wrong: `['user_data', 'em', 0]`. */
export type Path = readonly (string | number)[];

/**
 * One reason for refusing a request, before anybody decided how much of it the answer tells.
 *
 * - `parameter`: a value of the wrong type or form; the answer names its place.
 * - `key`: a key that does not belong there; the answer names its place.
 * - `listed`: one of Meta's numbered rules (`error_subcode`); the answer does not name the event.
 * - `body`: about the request as a whole.
 */
export type Fault =
  | { readonly kind: 'parameter'; readonly path: Path; readonly problem: string }
  | { readonly kind: 'key'; readonly path: Path; readonly key: string }
  | {
      readonly kind: 'listed';
      readonly subcode: number;
      readonly title: string;
      readonly explanation: string;
    }
  | { readonly kind: 'body'; readonly problem: string };

/** Which faults name the event they are about: those that Meta's do, all, or none. */
export type IndexShown = 'some' | 'always' | 'never';

const LONGEST_KEY = 60;

export function parameterFault(path: Path, problem: string): Fault {
  return { kind: 'parameter', path, problem };
}

export function keyFault(path: Path, key: string): Fault {
  return { kind: 'key', path, key };
}

export function bodyFault(problem: string): Fault {
  return { kind: 'body', problem };
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The `message` of the error envelope, in the two forms that Meta uses:
 * `(#100) Param $['data'][0]['event_time'] must be an integer.` and a bare `Invalid parameter`.
 *
 * @param index position in `data` of the event at fault; null when it is the request
 */
export function messageOf(fault: Fault, index: number | null, shown: IndexShown): string {
  if (fault.kind === 'body') return `(#100) ${fault.problem}`;
  if (index === null || shown === 'never') return 'Invalid parameter';
  if (fault.kind === 'listed') {
    return shown === 'always' ? `Invalid parameter: ${place(index, [])}` : 'Invalid parameter';
  }
  const where = place(index, fault.path);
  return fault.kind === 'key'
    ? `(#100) Unexpected key "${fault.key.slice(0, LONGEST_KEY)}" on param "${where}".`
    : `(#100) Param ${where} ${fault.problem}.`;
}

function place(index: number, path: Path): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `['${step}']`));
  return `$['data'][${index}]${steps.join('')}`;
}
