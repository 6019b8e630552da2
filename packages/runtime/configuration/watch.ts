import { stat } from 'node:fs/promises';
import type { Configuration } from './configuration.ts';
import type { Environment } from './environment.ts';
import { loadConfiguration } from './load.ts';

export interface WatchOptions {
  readonly path: string | undefined;
  readonly env: Environment;
  readonly current: Configuration;
  readonly onChange: (next: Configuration) => void | Promise<void>;
  /** The new file has problems: what ran before goes on. */
  readonly onRefused: (error: Error) => void;
}

/**
 * Files are looked at rather than subscribed to: mounted secrets are replaced through links, which
 * change notifications miss.
 */
const LOOK_MS = 1000;

/**
 * Reads the configuration again when it or a file it takes a secret from changes, and on SIGHUP.
 * @returns what ends the watching
 */
export function watchConfiguration(options: WatchOptions): () => void {
  let files = options.current.files;
  let seen: string | null = null;
  let busy = false;

  const reload = async (): Promise<void> => {
    try {
      const next = await loadConfiguration(options.path, options.env);
      files = next.files;
      await options.onChange(next);
    } catch (error) {
      options.onRefused(error as Error);
    }
  };
  const once = async (work: () => Promise<void>): Promise<void> => {
    if (busy) return;
    busy = true;
    await work();
    busy = false;
  };
  const look = (): void => {
    void once(async () => {
      const now = await stampsOf(files);
      const changed = seen !== null && now !== seen;
      seen = now;
      if (changed) await reload();
    });
  };
  const onHangup = (): void => void once(reload);
  look();
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  process.on('SIGHUP', onHangup);
  return () => {
    clearInterval(timer);
    process.off('SIGHUP', onHangup);
  };
}

/** What changes when any of the files does; one that is gone for a moment has no stamp. */
async function stampsOf(files: readonly string[]): Promise<string> {
  const stamps = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ mtimeMs, size, ino }) => `${mtimeMs}/${size}/${ino}`,
        () => 'gone',
      ),
    ),
  );
  return stamps.join();
}
