import { UsageError } from './errors.ts';

/** The steps from the top of the file to a value. */
export type KeyPath = readonly PropertyKey[];

/** `['pixels', 0, 'accessToken']` → `pixels[0].accessToken`. */
export function formatPath(path: KeyPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

/** The value at a path; undefined where there is none. */
export function valueAt(top: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(childAt, top);
}

/** The value one step below; undefined where there is none. */
export function childAt(parent: unknown, step: PropertyKey): unknown {
  if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, step))
    return undefined;
  return (parent as Record<PropertyKey, unknown>)[step];
}

/** One thing that is wrong in the configuration. No part of it repeats a value. */
export interface Problem {
  /** Such as `pixels[0].accessToken`. */
  readonly path: string;
  readonly message: string;
  readonly fix: string;
  /** The line of the file, from 1; null when the problem is not about a line. */
  readonly line: number | null;
}

/** Everything that is wrong with the configuration, in one error. */
export class ConfigurationError extends UsageError {
  readonly problems: readonly Problem[];
  /** The files that were read: when one of them changes, another attempt may succeed. */
  readonly files: readonly string[];

  constructor(source: string, problems: readonly Problem[], files: readonly string[] = []) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    const lines = problems.map(({ path, message, fix, line }) => {
      const location = line === null || path.startsWith('line ') ? '' : `line ${line}, `;
      return `  ${location}${path}: ${message} → ${fix}`;
    });
    super(`${source} has ${count}:\n${lines.join('\n')}`);
    this.name = 'ConfigurationError';
    this.problems = problems;
    this.files = files;
  }
}

/**
 * Collects every problem of one attempt to read a configuration. Of several at one path the first
 * counts: where a variable is not set, nothing else can be said of the value.
 */
export class Problems {
  private readonly found = new Map<string, Problem>();
  private readonly lineOf: (path: KeyPath) => number | null;

  /** @param lineOf the line of the file that a path is on */
  constructor(lineOf: (path: KeyPath) => number | null = () => null) {
    this.lineOf = lineOf;
  }

  add(path: KeyPath, message: string, fix: string): void {
    const key = formatPath(path) || 'the file';
    if (this.found.has(key)) return;
    this.found.set(key, { path: key, message, fix, line: this.lineOf(path) });
  }

  get none(): boolean {
    return this.found.size === 0;
  }

  /** In the order of the file; problems that are not about a line come last. */
  list(): Problem[] {
    const at = ({ line }: Problem): number => line ?? Number.MAX_SAFE_INTEGER;
    return [...this.found.values()].sort((a, b) => at(a) - at(b));
  }
}
