import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateMessages, type MessageGenerator } from '#cli/produce/generator.ts';
import { type RelayProcess, startRelay } from '#local/relay-process.ts';
import { type LocalServices, startServices } from '#local/services.ts';
import { SOURCES } from '#test/support/fleet.ts';

/** What every measurement needs: Kafka, Redis, a neutral sink, and events that are the same each time. */
interface Lab {
  readonly services: LocalServices;
  readonly sink: RelayProcess;
  readonly generator: MessageGenerator;
}

/** Starts it all, and leaves nothing behind. */
export async function inLab<T>(
  say: (line: string) => void,
  work: (lab: Lab) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'capi-relay-bench-'));
  try {
    const services = await startServices({ folder, native: true }, say);
    try {
      return await withSink(folder, (sink) => work({ services, sink, generator: newGenerator() }));
    } finally {
      await services.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function newGenerator(): MessageGenerator {
  return generateMessages({ seed: 'bench', startMs: Date.now(), sources: SOURCES, badShare: 0 });
}

async function withSink<T>(folder: string, work: (sink: RelayProcess) => Promise<T>): Promise<T> {
  const args = [join(import.meta.dirname, 'sink.ts')];
  const runs = () => ({ command: process.execPath, args });
  const sink = await startRelay('sink', { name: 'sink', folder, until: 'listening', runs });
  try {
    return await work(sink);
  } finally {
    await sink.stop();
  }
}
