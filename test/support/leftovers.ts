import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Every process of a test run inherits this variable with the id of the run. */
export const RUN_VARIABLE = 'CAPI_RELAY_TEST_RUN';

/** How long a process that was told to end may take, in ms. */
const GRACE_MS = 10_000;

/**
 * Processes that a finished test run has left, as `process <pid>: <command>`. Where the system has
 * no `/proc` this cannot be told, and the list is empty.
 */
export async function processesLeft(id: string): Promise<string[]> {
  const deadline = performance.now() + GRACE_MS;
  for (;;) {
    const left = marked(id);
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(200);
  }
}

function marked(id: string): string[] {
  if (!existsSync('/proc/self/environ')) return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => readProc(pid, 'environ').split('\0').includes(`${RUN_VARIABLE}=${id}`))
    .map((pid) => `process ${pid}: ${readProc(pid, 'cmdline').replaceAll('\0', ' ').trim()}`);
}

/** Empty for a process that has ended, or that belongs to another user. */
function readProc(pid: string, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(join('/proc', pid, file), 'utf8');
  } catch {
    return '';
  }
}

/** Files and folders that a run has left in its temporary folder. */
export async function filesLeft(folder: string): Promise<string[]> {
  return (await readdir(folder)).map((name) => `file ${join(folder, name)}`);
}

/** What git calls changed or untracked in the checkout; nothing where there is no git. */
export function changedFiles(root: string): string[] {
  try {
    const out = execFileSync('git', ['status', '--porcelain'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return out.split('\n').filter((line) => line !== '');
  } catch {
    return [];
  }
}
