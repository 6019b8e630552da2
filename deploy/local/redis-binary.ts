import { execFile } from 'node:child_process';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cache.ts';
import { findProgram } from './program.ts';
import type { Say } from './server.ts';
import { installPackage } from './system-package.ts';

const run = promisify(execFile);

/**
 * Debian's and Ubuntu's package of Redis's tools has the server's program too: one that behaves as it
 * is called. Unlike the package of the server it brings no system service, which would start a Redis
 * on the default port, now and at every boot.
 */
const PACKAGE = { name: 'redis-tools', purpose: 'redis-server' };
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
  throw new Error(`redis-server is not installed, and ${PACKAGE.name} does not bring it`);
}

async function install(say: Say): Promise<string> {
  await installPackage(PACKAGE, say);
  const program = findProgram(PROGRAM_OF_PACKAGE);
  if (program !== null) return program;
  throw new Error(`apt-get installed ${PACKAGE.name}, but it is not on the PATH`);
}
