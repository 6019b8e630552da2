import { freePort } from '#local/ports.ts';
import { allOrNone, type LocalServer } from '#local/server.ts';

const TRIES = 5;

/** Servers that start at the same time, and the port of each. */
export interface SeveralServers {
  readonly ports: readonly number[];
  readonly servers: readonly LocalServer[];
}

/**
 * Starts servers that must know each other's ports. Something else may take one of them before a server
 * does: then all start again on others.
 * @throws Error of the first that did not start, in the last try
 */
export async function startSeveral(
  count: number,
  start: (port: number, at: number, ports: readonly number[]) => Promise<LocalServer>,
): Promise<SeveralServers> {
  for (let tries = 1; ; tries += 1) {
    const different = new Set<number>();
    while (different.size < count) different.add(await freePort());
    const ports = [...different];
    try {
      const starting = ports.map((port, at) => start(port, at, ports));
      return { ports, servers: await allOrNone(starting, (server) => server.kill()) };
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}
