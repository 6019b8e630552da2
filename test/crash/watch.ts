import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayProcess } from '#local/relay-process.ts';

/** Resident memory of a process in MiB; 0 when it has ended. */
export function residentMiB(process: RelayProcess): number {
  try {
    const status = readFileSync(`/proc/${process.pid}/status`, 'utf8');
    return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
}

/** Looks again and again until it is told to stop; resolves to everything it saw. */
export function watch<T>(look: () => Promise<T>, everyMs: number): { stop(): Promise<T[]> } {
  const seen: T[] = [];
  let stopping = false;
  const running = (async () => {
    while (!stopping) {
      seen.push(await look());
      await sleep(everyMs);
    }
  })();
  return {
    async stop() {
      stopping = true;
      await running;
      return seen;
    },
  };
}
