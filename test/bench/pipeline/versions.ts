import { execFileSync } from 'node:child_process';
import { relayCommand } from '#local/relay-process.ts';
import { checkOut, commandIn } from '#test/compatibility/checkout.ts';
import { inRepository } from '#test/support/in-repository.ts';
import { UsageError } from './options.ts';

/** What is checked out here, and whether it has changes. */
export function versionHere(): { commit: string; dirty: boolean } {
  return { commit: git('rev-parse', 'HEAD'), dirty: git('status', '--porcelain') !== '' };
}

/**
 * The full name of a commit of this repository.
 * @throws UsageError when there is no such commit
 */
export function resolveCommit(name: string): string {
  try {
    return git('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`);
  } catch {
    throw new UsageError(
      `--base ${JSON.stringify(name)} names no commit of this repository: git log --oneline lists them`,
    );
  }
}

/**
 * How to run the services of a commit, with the packages of its own lock.
 * @throws UsageError when it has none that this can start
 */
export function runsOf(commit: string): typeof relayCommand {
  const needed = ['package-lock.json', 'services/ingest/main.ts', 'services/worker/main.ts'];
  const there = git('ls-tree', '--name-only', '--full-tree', commit, '--', ...needed).split('\n');
  const missing = needed.find((path) => !there.includes(path));
  if (missing !== undefined) {
    throw new UsageError(`commit ${commit.slice(0, 12)} has no ${missing}: name a later one`);
  }
  const folder = checkOut(commit);
  return (entry) => commandIn(folder, relayCommand(entry));
}

function git(...args: readonly string[]): string {
  const options = { cwd: inRepository('.'), encoding: 'utf8' as const };
  return execFileSync('git', [...args], { ...options, stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
