import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import type { Say } from './server.ts';
import { cacheFolder, findProgram } from './system-package.ts';

const run = promisify(execFile);
const POM = join(import.meta.dirname, 'kafka/pom.xml');
const GOAL = 'dependency:copy-dependencies';

/**
 * The folder of Kafka's jars, which Maven fetches once into the user's cache. Concurrent starts do
 * not interfere: each fetches into its own folder, and the last step is a rename.
 * @throws Error when Java or Maven is missing, or Maven cannot fetch them
 */
export async function kafkaJars(say: Say): Promise<string> {
  if (findProgram('java') === null) throw new Error('Java is not installed');
  const pom = await readFile(POM, 'utf8');
  const version = /<kafka.version>(.*?)</.exec(pom)?.[1] ?? 'unknown';
  const target = join(cacheFolder(), `kafka-${version}-${hash('sha256', pom).slice(0, 8)}`);
  if (existsSync(target)) return target;
  if (findProgram('mvn') === null) throw new Error('Maven (mvn) is not installed');
  say(`Fetching Apache Kafka ${version} (about 45 MB, once) …`);
  await mkdir(cacheFolder(), { recursive: true });
  const fresh = await mkdtemp(`${target}-`);
  const where = ['-f', POM, '-DincludeScope=runtime', `-DoutputDirectory=${fresh}`];
  try {
    await run('mvn', ['-q', '-B', '-Dstyle.color=never', GOAL, ...where]);
    await rename(fresh, target);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Another start was faster; use its folder.
    if (existsSync(target)) return target;
    const { stdout = '', message } = error as { stdout?: string; message: string };
    const why = stripVTControlCharacters(stdout || message)
      .trim()
      .slice(0, 500);
    throw new Error(`Kafka's jars could not be fetched: ${why}`);
  }
  return target;
}
