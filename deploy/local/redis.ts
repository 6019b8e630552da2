import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startChild } from './child.ts';
import { type LocalServer, type LocalServerOptions, runServer, type Say } from './server.ts';
import { cacheFolder, findProgram, installedProgram } from './system-package.ts';

const run = promisify(execFile);
const STOP_MS = 10_000;

/**
 * Debian's and Ubuntu's redis-tools package contains the server too: one program that acts by the
 * name it is called by. Unlike redis-server's package, it installs no system service, which would
 * start a Redis on the default port, now and at every boot.
 */
const PACKAGE = { name: 'redis-tools', purpose: 'redis-server' };
const PROGRAM_OF_PACKAGE = 'redis-check-rdb';

/** Runs one Redis natively with persistence, on the data that its folder holds. */
export async function startRedis(
  options: LocalServerOptions & { readonly settings?: Readonly<Record<string, string>> },
  say: Say,
): Promise<LocalServer> {
  const { folder, port } = options;
  const binary = await redisServer(say);
  const logFile = join(folder, 'redis.log');
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    maxmemory: '1gb',
    'maxmemory-policy': 'noeviction',
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const outlives = options.outlives === true;
  return runServer({
    name: 'Redis',
    address: `redis://127.0.0.1:${port}`,
    logFile,
    stopMs: STOP_MS,
    launch: () => startChild(binary, args, { cwd: folder, logFile, outlives }),
    isReady: () => answers(port),
  });
}

/** Whether it answers PING, which it does not while it loads its data. */
async function answers(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    socket.write('PING\r\n');
    const [data] = await once(socket, 'data', { signal: AbortSignal.timeout(1000) });
    return String(data).startsWith('+PONG');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * The path of `redis-server`: from the PATH, otherwise installed with apt-get.
 * @throws Error when it is not there and cannot be installed
 */
async function redisServer(say: Say): Promise<string> {
  const found = findProgram('redis-server');
  if (found !== null) return found;
  const program = await installedProgram([PROGRAM_OF_PACKAGE], PACKAGE, say);
  const called = join(cacheFolder(), 'redis-server');
  await mkdir(cacheFolder(), { recursive: true });
  await rm(called, { force: true });
  await symlink(program, called);
  const { stdout } = await run(called, ['--version']);
  if (stdout.startsWith('Redis server')) return called;
  throw new Error(`redis-server is not installed, and ${PACKAGE.name} does not contain it`);
}
