import { UsageError } from './errors.ts';

/** One thing that is wrong in the configuration. */
export interface Problem {
  /** Such as `pixels[0].accessToken`. */
  readonly path: string;
  readonly message: string;
  /** What to do about it. */
  readonly mend: string;
  /** Where in the file, from 1; null when it is not about a line of it. */
  readonly line: number | null;
}

/** Everything that is wrong with the configuration, in one error. No value is ever repeated in it. */
export class ConfigurationError extends UsageError {
  readonly problems: readonly Problem[];
  /** The files that were looked at: when one of them changes, another attempt may succeed. */
  readonly files: readonly string[];

  constructor(source: string, problems: readonly Problem[], files: readonly string[] = []) {
    const lines = problems.map((problem) => `  ${sentence(problem)}`);
    const many = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super(`${source} has ${many}:\n${lines.join('\n')}`);
    this.name = 'ConfigurationError';
    this.problems = problems;
    this.files = files;
  }
}

function sentence({ path, message, mend, line }: Problem): string {
  const place = line === null || path.startsWith('line ') ? '' : `line ${line}, `;
  return `${place}${path}: ${message} → ${mend}`;
}
