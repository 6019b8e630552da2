import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Say } from './server.ts';

const run = promisify(execFile);
const FILE = join(import.meta.dirname, '../compose.yaml');

/** Services of the compose file, under a name that isolates two users of the file. */
interface ComposeProject {
  readonly name: string;
  readonly services: readonly ('kafka' | 'redis')[];
  readonly ports: { readonly kafka: number; readonly redis: number };
}

/** Whether a Docker engine with Compose answers. */
async function dockerAnswers(): Promise<boolean> {
  try {
    await run('docker', ['compose', 'version'], { timeout: 5000 });
    await run('docker', ['info'], { timeout: 5000 });
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts servers of the compose file and waits until they are healthy.
 * @returns false, with none left running, when no Docker engine answers or it cannot start them
 */
export async function composeUp(
  { name, services, ports }: ComposeProject,
  say: Say,
): Promise<boolean> {
  if (!(await dockerAnswers())) return false;
  say(`Starting ${services.join(' and ')} with Docker Compose …`);
  const env = { KAFKA_PORT: String(ports.kafka), REDIS_PORT: String(ports.redis) };
  try {
    await compose(name, ['up', '--detach', '--wait', ...services], env);
    return true;
  } catch (error) {
    await composeDown(name, 'keep data').catch(() => {});
    const { stderr = '', message } = error as { stderr?: string; message: string };
    say(`Docker Compose could not start them: ${(stderr || message).slice(-500)}`);
    return false;
  }
}

/** Stops and removes the project's containers. */
export async function composeDown(name: string, data: 'keep data' | 'drop data'): Promise<void> {
  await compose(name, ['down', ...(data === 'drop data' ? ['--volumes'] : [])]);
}

async function compose(name: string, args: readonly string[], env = {}): Promise<void> {
  const words = ['compose', '--project-name', name, '--file', FILE, ...args];
  await run('docker', words, { env: { ...process.env, ...env } });
}
