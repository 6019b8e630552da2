import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startChild } from './child.ts';
import { type LocalServer, type LocalServerOptions, runServer, type Say } from './server.ts';
import { cacheFolder, findProgram, installPackage } from './system-package.ts';

const run = promisify(execFile);
const STOP_MS = 10_000;

/**
 * Debian's and Ubuntu's package of Redis's tools has the server's program too: one that behaves as it
 * is called. Unlike the package of the server it brings no system service, which would start a Redis
 * on the default port, now and at every boot.
 */
const PACKAGE = { name: 'redis-tools', purpose: 'redis-server' };
const PROGRAM_OF_PACKAGE = 'redis-check-rdb';

/** Runs one Redis, natively, set up to keep what it takes; a folder that has data is taken up again. */
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

/** True when it answers PING, which it does not while it loads its file. */
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
 * Where `redis-server` is: on the PATH, else installed with apt-get.
 * @throws Error when it is not there and cannot be installed
 */
async function redisServer(say: Say): Promise<string> {
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
