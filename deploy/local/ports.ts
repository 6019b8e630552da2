import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections. A client that knocks at a port of those
 * while its server is down may be given that very port, and then it holds it against the server.
 */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const TRIES = 100;

/** A port of the loopback interface that is free now. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST} in ${TRIES} tries`);
}

/** The wanted port when it is free, else any free one. */
export async function preferPort(wanted: number): Promise<number> {
  return (await isFree(wanted)) ? wanted : freePort();
}

async function isFree(port: number): Promise<boolean> {
  return !(await accepts(port)) && (await canListen(port));
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    await once(server.close(), 'close');
    return true;
  } catch {
    return false;
  }
}

/** Whether a process accepts connections at a port of the loopback interface. */
export async function accepts(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
