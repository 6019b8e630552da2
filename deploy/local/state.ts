import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { StartedProcess } from './started-process.ts';

/** The Compose project of `make up`. */
export const PROJECT = 'capi-relay';

/** What `make up` started, for `make down` and for the next `make up`. */
export interface LocalState {
  readonly brokers: readonly string[];
  readonly redisUrl: string;
  readonly by: 'compose' | 'native';
  readonly ports: { readonly kafka: number; readonly redis: number };
  /** Empty if Docker started them. */
  readonly processes: readonly StartedProcess[];
  /** The processes of capi-relay, in the order in which they must end. */
  readonly relay: readonly StartedProcess[];
  /** Information for the user, one line each. */
  readonly about: readonly string[];
}

export type UpFlags = ReturnType<typeof readUpFlags>;

/** The flags of `up` and `down`. */
export function readUpFlags() {
  const folder = join(import.meta.dirname, '../../.local');
  const { values } = parseArgs({
    options: {
      /** The folder of data, logs and state. */
      folder: { type: 'string', default: folder },
      /** Skips Docker Compose. */
      native: { type: 'boolean', default: false },
      /** Starts only Kafka and Redis. */
      bare: { type: 'boolean', default: false },
    },
  });
  return values;
}

/** The state, or null when nothing is up. */
export async function readState(folder: string): Promise<LocalState | null> {
  const text = await readFile(fileIn(folder), 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as LocalState);
}

export async function writeState(folder: string, state: LocalState): Promise<void> {
  const file = fileIn(folder);
  await mkdir(folder, { recursive: true });
  await writeFile(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`);
  await rename(`${file}.new`, file);
}

export async function forgetState(folder: string): Promise<void> {
  await rm(fileIn(folder), { force: true });
}

function fileIn(folder: string): string {
  return join(folder, 'state.json');
}
