import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rename, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
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

/** By name; several words where a setting has them. */
export type RedisSettings = Readonly<Record<string, string | readonly string[]>>;

interface RedisOptions extends LocalServerOptions {
  readonly settings?: RedisSettings;
  /** Whether its port speaks TLS alone. */
  readonly speaksTls?: boolean;
  /** Runs a Sentinel by this file of its own, which it rewrites, in place of a Redis. */
  readonly sentinelFile?: string;
}

/** Runs one Redis natively with persistence, on the data that its folder holds. */
export async function startRedis(options: RedisOptions, say: Say): Promise<LocalServer> {
  const { folder, port, sentinelFile, speaksTls = false } = options;
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
  const args =
    sentinelFile === undefined
      ? Object.entries(settings).flatMap(([name, value]) => [`--${name}`, ...[value].flat()])
      : [sentinelFile, '--sentinel'];
  const outlives = options.outlives === true;
  return runServer({
    name: 'Redis',
    address: `redis://127.0.0.1:${port}`,
    logFile,
    stopMs: STOP_MS,
    launch: () => startChild(binary, args, { cwd: folder, logFile, outlives }),
    isReady: () => answers(port, speaksTls),
  });
}

/** Whether it answers PING, which it does not while it loads its data. */
async function answers(port: number, speaksTls: boolean): Promise<boolean> {
  const host = '127.0.0.1';
  const socket = speaksTls
    ? connectTls({ port, host, rejectUnauthorized: false })
    : connect({ port, host });
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
  // In one step, because several processes may do so at once.
  const own = `${called}-${randomUUID()}`;
  await symlink(program, own);
  await rename(own, called);
  const { stdout } = await run(called, ['--version']);
  if (stdout.startsWith('Redis server')) return called;
  throw new Error(`redis-server is not installed, and ${PACKAGE.name} does not contain it`);
}
