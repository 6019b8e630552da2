import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';

/** A JVM's classes as it had them in memory: with them the next one starts in half the time. */
export interface ClassArchive {
  /** False while it is not written yet: then the flags ask the JVM to. */
  readonly exists: boolean;
  readonly flags: readonly string[];
  /** To be called when the JVM has ended in order, for only then has it written its classes. */
  keep(): Promise<void>;
}

/**
 * The class archive beside the jars. The first broker that ends in order writes it; a JVM that it
 * does not suit, because it is another version, runs without.
 */
export function classArchive(jars: string): ClassArchive {
  const file = join(jars, 'broker.jsa');
  if (existsSync(file)) {
    return { exists: true, flags: [`-XX:SharedArchiveFile=${file}`], keep: async () => {} };
  }
  const fresh = `${file}-${randomUUID()}`;
  return {
    exists: false,
    flags: [`-XX:ArchiveClassesAtExit=${fresh}`],
    // A broker that had to be killed has written none.
    keep: () => rename(fresh, file).catch(() => {}),
  };
}
