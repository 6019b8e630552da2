import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Say } from './server.ts';

const run = promisify(execFile);
const POM = join(import.meta.dirname, 'kafka/pom.xml');

/**
 * The folder that holds Kafka's jars, resolved with Maven the first time and kept in the user's cache
 * for every later one. Two that start at the same time do not disturb each other.
 */
export async function kafkaJars(say: Say): Promise<string> {
  const version = /<kafka.version>(.*?)</.exec(readFileSync(POM, 'utf8'))?.[1] ?? 'unknown';
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const target = join(cache, 'capi-relay', `kafka-${version}`);
  if (existsSync(target)) return target;
  say(`Fetching Apache Kafka ${version} (about 45 MB, once) …`);
  await mkdir(dirname(target), { recursive: true });
  const fresh = await mkdtemp(`${target}-`);
  const goal = 'dependency:copy-dependencies';
  const args = [
    '-q',
    '-B',
    '-f',
    POM,
    goal,
    '-DincludeScope=runtime',
    `-DoutputDirectory=${fresh}`,
  ];
  try {
    await run('mvn', args);
    await rename(fresh, target);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (existsSync(target)) return target;
    const { code, stdout = '' } = error as { code?: string | number; stdout?: string };
    const why = code === 'ENOENT' ? 'Maven (mvn) is not installed' : stdout.slice(-500);
    throw new Error(`Kafka's jars could not be fetched: ${why}`);
  }
  return target;
}
