import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Plays a demo in a folder of its own, which goes afterwards; its answer is the exit code. */
export async function playInFolder(
  name: string,
  demo: (folder: string) => Promise<number>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `capi-relay-${name}-`));
  try {
    process.exitCode = await demo(folder);
  } catch (error) {
    process.stderr.write(`error: ${(error as Error).message}\n`);
    process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
