import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { relayCommand } from '#local/relay-process.ts';
import { inRepository } from '#test/support/in-repository.ts';

/** The commit of the release before this one, as far as what it writes into Redis is concerned. */
export const PREVIOUS = '445c042a34104dd7663905ebacb12a19c0ffe7c9';

/**
 * The sources of a commit of this repository, with what they depend on, in a folder below .local.
 * @returns its path
 */
export function checkOut(commit: string): string {
  const folder = inRepository(`.local/previous/${commit}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    const archive = execFileSync('git', ['archive', '--format=tar', commit], {
      cwd: inRepository('.'),
      maxBuffer: 512 * 1024 * 1024,
    });
    execFileSync('tar', ['--extract', '--directory', fresh], { input: archive });
    install(fresh);
    renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** Takes what is installed here where its versions are those of the lock; installs it otherwise. */
function install(folder: string): void {
  const here = versionsIn(inRepository('package-lock.json'));
  const there = versionsIn(join(folder, 'package-lock.json'));
  const same = [...there].every(([place, version]) => here.get(place) === version);
  if (same) {
    symlinkSync(inRepository('node_modules'), join(folder, 'node_modules'));
  } else {
    const flags = ['--no-fund', '--no-audit', '--loglevel=error'];
    execFileSync('npm', ['ci', ...flags], { cwd: folder, stdio: 'inherit' });
  }
}

function versionsIn(lock: string): Map<string, unknown> {
  const { packages } = JSON.parse(readFileSync(lock, 'utf8')) as {
    packages: Record<string, { version?: string; optional?: boolean }>;
  };
  const required = Object.entries(packages).filter(([place, { optional }]) => place && !optional);
  return new Map(required.map(([place, { version }]) => [place, version]));
}

/** The command of a service from the sources of another commit, on the Node of this one. */
export function commandIn(folder: string, { command, args }: ReturnType<typeof relayCommand>) {
  const here = inRepository('.');
  return {
    command,
    args: args.map((arg) => (arg.startsWith(here) ? arg.replace(here, folder) : arg)),
  };
}
