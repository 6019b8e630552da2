import { UsageError } from '../errors.ts';

/** One thing that is wrong in the configuration. */
export interface Problem {
  /** Such as `pixels[0].accessToken`. */
  readonly path: string;
  readonly message: string;
  /** What to do about it. */
  readonly mend: string;
}

/** Everything that is wrong with the configuration, in one error. No value is ever repeated in it. */
export class ConfigurationError extends UsageError {
  readonly problems: readonly Problem[];

  constructor(source: string, problems: readonly Problem[]) {
    const lines = problems.map(({ path, message, mend }) => `  ${path}: ${message} → ${mend}`);
    const many = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(`${source} has ${many}:\n${lines.join('\n')}`);
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

/** `['pixels', 0, 'accessToken']` → `pixels[0].accessToken`. */
export function pathOf(parts: readonly PropertyKey[]): string {
  return parts.reduce<string>((path, part) => {
    if (typeof part === 'number') return `${path}[${part}]`;
    return path === '' ? String(part) : `${path}.${String(part)}`;
  }, '');
}
