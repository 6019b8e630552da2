import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { VERSION } from '#process/version.ts';

interface RunningVersion {
  readonly release: string;
  /** Null where it is not known. */
  readonly commit: string | null;
  readonly node: string;
  /** Operating system and processor. */
  readonly platform: string;
}

const ROOT = join(import.meta.dirname, '../../..');

/** What runs here. A package has a file with its commit; a checkout has a folder of Git. */
export function readVersion(root = ROOT): RunningVersion {
  return {
    release: VERSION,
    commit: commitOf(read(join(root, 'commit'))) ?? headOf(root),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  };
}

export function renderVersion({ release, commit, node, platform }: RunningVersion): string {
  const from = commit === null ? '' : ` (commit ${commit.slice(0, 12)})`;
  return `capi-relay ${release}${from}\nNode ${node}, ${platform}\n`;
}

/**
 * The commit that is checked out, without running Git.
 * Source: https://git-scm.com/docs/gitrepository-layout
 */
export function headOf(root: string): string | null {
  const [, elsewhere] = /^gitdir: (.+)$/m.exec(read(join(root, '.git')) ?? '') ?? [];
  const folder = elsewhere === undefined ? join(root, '.git') : resolve(root, elsewhere);
  const head = read(join(folder, 'HEAD')) ?? '';
  const [, branch] = /^ref: (refs\/\S+)\s*$/.exec(head) ?? [];
  if (branch === undefined) return commitOf(head);
  // A further worktree has its own HEAD, and shares the branches.
  const shared = resolve(folder, read(join(folder, 'commondir'))?.trim() ?? '.');
  return commitOf(read(join(shared, branch))) ?? packedCommit(shared, branch);
}

function packedCommit(folder: string, branch: string): string | null {
  const lines = (read(join(folder, 'packed-refs')) ?? '').split('\n');
  return commitOf(lines.find((line) => line.endsWith(` ${branch}`))?.split(' ')[0] ?? null);
}

function commitOf(text: string | null): string | null {
  return /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.exec(text?.trim() ?? '')?.[0] ?? null;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
