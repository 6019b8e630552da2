import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Say } from './server.ts';

const run = promisify(execFile);

/** A program of the PATH, or null. */
export function findProgram(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}

/** Where `redis-server` is; installed by the system's package manager when it is not there yet. */
export async function redisServer(say: Say): Promise<string> {
  const found = findProgram('redis-server');
  if (found !== null) return found;
  if (findProgram('apt-get') === null) {
    throw new Error('redis-server is not installed, and there is no apt-get to install it with');
  }
  say('Installing redis-server with apt-get (once) …');
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  // Installing must not start the system's own Redis: ours has a port and a folder of its own.
  const env = ['env', 'DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
  try {
    await exec([...asRoot, ...env, 'apt-get', 'update', '-qq']);
    await exec([
      ...asRoot,
      ...env,
      'apt-get',
      'install',
      '-y',
      '-qq',
      '--no-install-recommends',
      'redis-server',
    ]);
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`redis-server could not be installed: ${stderr.slice(-300)}`);
  }
  const installed = findProgram('redis-server');
  if (installed === null)
    throw new Error('apt-get installed redis-server, but it is not on the PATH');
  return installed;
}

async function exec(words: readonly string[]): Promise<void> {
  const [command = '', ...args] = words;
  await run(command, args);
}
