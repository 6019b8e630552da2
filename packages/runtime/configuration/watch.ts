import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from './configuration.ts';
import type { Environment } from './environment.ts';
import { loadConfiguration } from './load.ts';
import { ConfigurationError } from './problem.ts';

export interface WatchOptions {
  readonly path: string | undefined;
  readonly env: Environment;
  readonly current: Configuration;
  readonly onChange: (next: Configuration) => void | Promise<void>;
  /** The new file has problems, or could not be taken up: what ran before goes on. */
  readonly onRefused: (error: Error) => void;
  /** After a refusal the files say again what runs already. */
  readonly onMended?: () => void;
  /** How often the files are looked at, in ms. */
  readonly lookMs?: number;
}

/**
 * Files are looked at rather than subscribed to: mounted secrets are replaced through links, which
 * change notifications miss.
 */
const LOOK_MS = 500;

/**
 * Reads the configuration again on SIGHUP, and when it or a file it takes a secret from has changed
 * and then stayed the same from one look to the next: what is half written is nobody's wish.
 * @returns what ends the watching
 */
export function watchConfiguration(options: WatchOptions): () => void {
  const watcher = new Watcher(options);
  const onHangup = () => watcher.request();
  process.on('SIGHUP', onHangup);
  void watcher.run();
  return () => {
    process.off('SIGHUP', onHangup);
    watcher.end();
  };
}

/** What changes when a file does; `gone` while there is none. */
type Stamps = ReadonlyMap<string, string>;

class Watcher {
  private readonly options: WatchOptions;
  private current: Configuration;
  private files: readonly string[];
  /** Files that are not in it were never looked at before they were read: they are read again. */
  private applied: Stamps = new Map();
  private before: Stamps = new Map();
  private refusal: string | null = null;
  private requested = false;
  private ended = false;
  private wake: () => void = () => {};

  constructor(options: WatchOptions) {
    this.options = options;
    this.current = options.current;
    this.files = options.current.files;
  }

  request(): void {
    this.requested = true;
    this.wake();
  }

  end(): void {
    this.ended = true;
    this.wake();
  }

  async run(): Promise<void> {
    while (!this.ended) {
      await this.look();
      if (!this.requested && !this.ended) await this.rest();
    }
  }

  private rest(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, this.options.lookMs ?? LOOK_MS).unref();
    });
  }

  private async look(): Promise<void> {
    const now = await stampsOf(this.files);
    const settled = !this.differs(now, this.before);
    this.before = now;
    const forced = this.requested;
    if (!forced && !(settled && this.differs(now, this.applied))) return;
    this.requested = false;
    await this.reload(forced);
    this.applied = now;
  }

  private differs(now: Stamps, then: Stamps): boolean {
    return this.files.some((file) => now.get(file) !== then.get(file));
  }

  private async reload(forced: boolean): Promise<void> {
    const { path, env, onChange, onMended } = this.options;
    try {
      const next = await loadConfiguration(path, env);
      this.files = next.files;
      const refused = this.refusal !== null;
      this.refusal = null;
      if (!forced && isDeepStrictEqual(next, this.current)) {
        if (refused) onMended?.();
        return;
      }
      await onChange(next);
      this.current = next;
    } catch (error) {
      this.refuse(error as Error, forced);
    }
  }

  private refuse(error: Error, forced: boolean): void {
    // A secret that is missing now may be there soon.
    const looked = error instanceof ConfigurationError ? error.files : [];
    this.files = [...new Set([...this.files, ...looked])];
    if (!forced && error.message === this.refusal) return;
    this.refusal = error.message;
    this.options.onRefused(error);
  }
}

async function stampsOf(files: readonly string[]): Promise<Stamps> {
  const stamps = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ mtimeMs, size, ino }) => `${mtimeMs}/${size}/${ino}`,
        () => 'gone',
      ),
    ),
  );
  return new Map(files.map((file, index) => [file, stamps[index] ?? 'gone']));
}
