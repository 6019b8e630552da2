import { connect } from 'node:net';
import { join } from 'node:path';
import { type Child, endChild, startChild, waitUntilReady } from './child.ts';
import { redisServer } from './redis-binary.ts';
import type { LocalServer, LocalServerOptions, Say } from './server.ts';

const START_MS = 240_000;
const STOP_MS = 10_000;

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
  let child: Child;
  const start = async (): Promise<void> => {
    const outlives = options.outlives === true;
    child = startChild(binary, args, { cwd: folder, logFile, outlives });
    const ready = () => answers(port);
    await waitUntilReady(child, 'Redis', { ready, withinMs: START_MS, logFile });
  };
  await start();
  return {
    address: `redis://127.0.0.1:${port}`,
    pid: () => child.pid,
    start,
    stop: () => endChild(child, STOP_MS),
    async kill() {
      child.kill('SIGKILL');
      await child.exited;
    },
  };
}

/** True when it answers PING, which it does not while it reads its file. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
    socket.once('error', () => end(false));
    socket.setTimeout(1000, () => end(false));
  });
}
