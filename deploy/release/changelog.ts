/** A release as CHANGELOG.md has it. */
interface ReleasedVersion {
  readonly version: string;
  /** The day of the release, as in 2026-11-28. */
  readonly date: string;
}

const UNRELEASED = '## [Unreleased]';

/**
 * What the next release brings: the text under Unreleased.
 * @throws Error where the changelog has no such heading
 */
export function unreleased(changelog: string): string {
  const from = changelog.indexOf(`${UNRELEASED}\n`);
  if (from < 0) throw new Error(`CHANGELOG.md has no heading "${UNRELEASED}": add it`);
  const rest = changelog.slice(from + UNRELEASED.length);
  const end = rest.indexOf('\n## ');
  return (end < 0 ? rest : rest.slice(0, end)).trim();
}

/** Whether there is an entry in a text of the changelog; headings alone are none. */
export function hasEntries(text: string): boolean {
  return text.split('\n').some((line) => line.trim() !== '' && !line.startsWith('#'));
}

/** The changelog with what is unreleased under a version and its date. */
export function withRelease(changelog: string, { version, date }: ReleasedVersion): string {
  return changelog.replace(`${UNRELEASED}\n`, `${UNRELEASED}\n\n## [${version}] - ${date}\n`);
}

/** The newest release of a changelog; null where there is none yet. */
export function latestRelease(changelog: string): ReleasedVersion | null {
  const [, version, date] = /^## \[(\d[^\]\n]*)\] - (\d{4}-\d{2}-\d{2})$/m.exec(changelog) ?? [];
  return version === undefined || date === undefined ? null : { version, date };
}
