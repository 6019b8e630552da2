import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Say } from './server.ts';

const run = promisify(execFile);
const FILE = join(import.meta.dirname, '../compose.yaml');
const DATABASES = ['kafka', 'redis'];

/** Whether a Docker engine answers, and knows Compose. */
export async function dockerAnswers(): Promise<boolean> {
  try {
    await run('docker', ['info'], { timeout: 5000 });
    await run('docker', ['compose', 'version'], { timeout: 5000 });
    return true;
  } catch {
    return false;
  }
}

/** Starts Kafka and Redis of the compose file and waits until they are healthy. */
export async function composeUp(say: Say): Promise<{ brokers: string[]; redisUrl: string }> {
  say('Starting Kafka and Redis with Docker Compose …');
  await run('docker', ['compose', '-f', FILE, 'up', '-d', '--wait', ...DATABASES]);
  return { brokers: ['127.0.0.1:9092'], redisUrl: 'redis://127.0.0.1:6379' };
}

export async function composeDown(): Promise<void> {
  await run('docker', ['compose', '-f', FILE, 'rm', '--stop', '--force', ...DATABASES]);
}
