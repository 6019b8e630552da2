import { execFile } from 'node:child_process';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cache.ts';
import { findProgram } from './program.ts';
import type { Say } from './server.ts';

const run = promisify(execFile);

/**
 * Debian's and Ubuntu's package of Redis's tools has the server's program too: one that behaves as it
 * is called. Unlike the package of the server it brings no system service, which would start a Redis
 * on the default port, now and at every boot.
 */
const PACKAGE = 'redis-tools';
const PROGRAM_OF_PACKAGE = 'redis-check-rdb';

/**
 * Where `redis-server` is: on the PATH, else installed with apt-get.
 * @throws Error when it is not there and cannot be installed
 */
export async function redisServer(say: Say): Promise<string> {
  const found = findProgram('redis-server');
  if (found !== null) return found;
  const program = findProgram(PROGRAM_OF_PACKAGE) ?? (await install(say));
  const called = join(cacheFolder(), 'redis-server');
  await mkdir(cacheFolder(), { recursive: true });
  await rm(called, { force: true });
  await symlink(program, called);
  const { stdout } = await run(called, ['--version']);
  if (stdout.startsWith('Redis server')) return called;
  throw new Error(`redis-server is not installed, and ${PACKAGE} does not bring it`);
}

async function install(say: Say): Promise<string> {
  if (findProgram('apt-get') === null) {
    throw new Error('redis-server is not installed, and there is no apt-get to install it with');
  }
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && findProgram('sudo') === null) {
    throw new Error('redis-server is not installed, and only root may install it');
  }
  say(`Installing ${PACKAGE} with apt-get, for Redis (once) …`);
  const apt = async (...args: string[]): Promise<void> => {
    const words = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', ...args];
    const [command = 'env', ...rest] = isRoot ? words : ['sudo', '-n', ...words];
    await run(command, rest);
  };
  try {
    // A list that cannot be fetched need not be the one that is needed.
    await apt('update').catch(() => {});
    await apt('install', '-y', '--no-install-recommends', PACKAGE);
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    throw new Error(`redis-server could not be installed: ${(stderr || message).slice(-300)}`);
  }
  const program = findProgram(PROGRAM_OF_PACKAGE);
  if (program === null) throw new Error(`apt-get installed ${PACKAGE}, but it is not on the PATH`);
  return program;
}
