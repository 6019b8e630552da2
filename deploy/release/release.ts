import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasEntries, unreleased } from './changelog.ts';
import { type NewRelease, PLACES } from './places.ts';
import { Repository } from './repository.ts';

/** A release cannot be made; the message says why, and what to do. */
export class ReleaseRefused extends Error {
  override readonly name = 'ReleaseRefused';
}

/** What a release changes. */
export interface ReleasePlan {
  readonly release: NewRelease;
  readonly tag: string;
  /** What is under Unreleased. */
  readonly notes: string;
  /** File → its content with the release. */
  readonly files: ReadonlyMap<string, string>;
}

// Source: https://semver.org, "Is there a suggested regular expression", without build metadata: an image's tag cannot have it.
const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;

/**
 * Finds out what a release would change, and writes nothing.
 * @throws ReleaseRefused
 */
export function planRelease(root: string, version: string, date: string): ReleasePlan {
  const repository = new Repository(root);
  const tag = `v${version}`;
  const read = (name: string) => readFileSync(join(root, name), 'utf8');
  const from = String(JSON.parse(read('package.json')).version);
  if (!VERSION.test(version))
    refuse(`"${version}" is no version`, 'give one such as 1.4.0 or 1.4.0-rc.1');
  const changes = repository.changes();
  if (changes.length > 0)
    refuse(`the tree has changes:\n${changes.join('\n')}`, 'commit or remove them');
  if (repository.branch() === null) refuse('no branch is checked out', 'git switch to one');
  if (!repository.hasAuthor())
    refuse('Git does not know who commits', 'git config user.name and user.email');
  if (repository.hasTag(tag)) refuse(`the tag ${tag} exists`, 'choose another version');
  if (compareVersions(version, from) < 0 || (version === from && repository.hasTag(`v${from}`)))
    refuse(`${version} does not come after ${from}`, 'choose a later version');
  const changelog = read('CHANGELOG.md');
  const notes = unreleased(changelog);
  if (changelog.includes(`\n## [${version}]`))
    refuse(`CHANGELOG.md has a heading for ${version}`, 'choose another version');
  if (!hasEntries(notes))
    refuse('nothing is under Unreleased in CHANGELOG.md', 'write down what has changed');
  const release = { version, from, date };
  const files = [...PLACES].map(([name, edit]): [string, string] => {
    const content = edit(read(name), release);
    return [name, content ?? refuse(`${name} has no place for the version`, 'put one back')];
  });
  return { release, tag, notes, files: new Map(files) };
}

/**
 * Writes the files, commits them and tags the commit. When Git refuses, everything is as it was.
 * @throws ReleaseRefused
 */
export function makeRelease(root: string, { release, tag, notes, files }: ReleasePlan): void {
  const repository = new Repository(root);
  const names = [...files.keys()];
  const before = repository.head();
  try {
    for (const [name, content] of files) writeFileSync(join(root, name), content);
    const message = `capi-relay ${release.version}\n\n${notes}\n`;
    repository.commitAndTag(names, `Release ${release.version}`, tag, message);
  } catch (error) {
    // The tree had no changes: nothing else is lost.
    repository.backTo(before);
    const { stderr = '', message } = error as { stderr?: string; message: string };
    refuse(`Git does not take it: ${(stderr || message).trim()}`, 'correct that, and run it again');
  }
}

function refuse(problem: string, fix: string): never {
  throw new ReleaseRefused(`${problem}\n${fix}`);
}

/**
 * Below zero where a comes before b.
 * Source: https://semver.org, item 11: numbers by value; a version with a pre-release comes before the one without.
 */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [a, b].map((version) => VERSION.exec(version) ?? []);
  for (const part of [1, 2, 3]) {
    const difference = Number(one?.[part]) - Number(other?.[part]);
    if (difference !== 0) return difference;
  }
  return comparePreReleases(one?.[4], other?.[4]);
}

function comparePreReleases(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const [one, other] = [a.split('.'), b.split('.')];
  for (const [at, word] of one.entries()) {
    const beside = other[at];
    if (beside === undefined) return 1;
    if (word === beside) continue;
    const numbers = [word, beside].map((each) => /^\d+$/.test(each));
    if (numbers[0] && numbers[1]) return Number(word) - Number(beside);
    if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1;
    return word < beside ? -1 : 1;
  }
  return one.length - other.length;
}
