import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startKafka } from './kafka.ts';
import { startRedis } from './redis.ts';
import type { LocalServer, Say } from './server.ts';

export interface NativeOptions {
  /** Each server gets a folder of its own in it. */
  readonly folder: string;
  readonly services: readonly ('kafka' | 'redis')[];
  readonly ports: { readonly kafka: number; readonly redis: number };
  readonly outlives: boolean;
}

/** Starts the wanted servers at the same time; when one does not start, none is left. */
export async function startNative(options: NativeOptions, say: Say): Promise<LocalServer[]> {
  const { folder, services, ports, outlives } = options;
  const started = await Promise.allSettled(
    services.map(async (service) => {
      const own = join(folder, service);
      await mkdir(own, { recursive: true });
      const start = service === 'kafka' ? startKafka : startRedis;
      return start({ folder: own, port: ports[service], outlives }, say);
    }),
  );
  const servers = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failure = started.find((each) => each.status === 'rejected');
  if (failure === undefined) return servers;
  await Promise.all(servers.map((server) => server.stop()));
  throw failure.reason;
}
