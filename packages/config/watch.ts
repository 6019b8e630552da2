import { stat } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from './configuration.ts';
import type { Environment } from './environment.ts';
import { loadConfiguration } from './load.ts';
import { ConfigurationError } from './problems.ts';

interface WatchOptions {
  readonly path: string | undefined;
  readonly env: Environment;
  readonly current: Configuration;
  /** Receives the new configuration; whatever follows from it never delays the next change. */
  readonly onChange: (next: Configuration) => void;
  /** The new file has problems, or cannot be read: the current configuration stays. */
  readonly onRefused: (error: Error) => void;
  /** After a refusal the files hold the current configuration again. */
  readonly onReverted?: () => void;
  /** How often the files are polled, in ms. */
  readonly pollMs?: number;
  /** How long reading them may take before that is a refusal, in ms. */
  readonly readMs?: number;
}

/**
 * Files are polled: mounted secrets are replaced through symbolic links, which change notifications
 * miss.
 */
const POLL_MS = 500;

/** A file system that does not answer hangs every read of it. */
const READ_MS = 30_000;

/**
 * Reads the configuration again on SIGHUP, and when it or a file that holds one of its secrets has
 * changed; debounced by one poll, so that a half-written file is ignored.
 * @returns a function that ends the watching
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

/** File → what changes with it; null while it does not exist. */
type Stamps = ReadonlyMap<string, string | null>;

class Watcher {
  private readonly options: WatchOptions;
  private current: Configuration;
  private files: readonly string[];
  /** A file without a stamp was read before it was first polled: it is read again. */
  private applied: Stamps = new Map();
  private before: Stamps = new Map();
  private refusal: string | null = null;
  private unreadable = false;
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
      await this.pollOrRefuse();
      if (!this.requested && !this.ended) await this.pause();
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, this.options.pollMs ?? POLL_MS).unref();
    });
  }

  /** A read that hangs is reported and waited for: each further one would block another thread. */
  private async pollOrRefuse(): Promise<void> {
    const readMs = this.options.readMs ?? READ_MS;
    const late = setTimeout(() => {
      const message = `its files cannot be read within ${readMs} ms: check their disk`;
      this.refuse(new Error(message), false);
    }, readMs).unref();
    try {
      await this.poll();
    } catch (error) {
      this.refuse(error as Error, false);
    }
    clearTimeout(late);
  }

  private async poll(): Promise<void> {
    const now = await stampsOf(this.files);
    const settled = !this.differs(now, this.before);
    this.before = now;
    const forced = this.requested;
    const changed = this.unreadable || this.differs(now, this.applied);
    if (!forced && !(settled && changed)) return;
    this.requested = false;
    this.unreadable = false;
    await this.reload(forced);
    this.applied = now;
  }

  private differs(now: Stamps, then: Stamps): boolean {
    return this.files.some((file) => now.get(file) !== then.get(file));
  }

  private async reload(forced: boolean): Promise<void> {
    const { path, env, onChange, onReverted } = this.options;
    try {
      const next = await loadConfiguration(path, env);
      this.files = next.files;
      const refused = this.refusal !== null;
      this.refusal = null;
      if (!forced && isDeepStrictEqual(next, this.current)) {
        if (refused) onReverted?.();
        return;
      }
      this.current = next;
      onChange(next);
    } catch (error) {
      this.refuse(error as Error, forced);
    }
  }

  private refuse(error: Error, forced: boolean): void {
    // A secret that is missing now may be there soon.
    const read = error instanceof ConfigurationError ? error.files : [];
    this.files = [...new Set([...this.files, ...read])];
    // Not caused by the files' content: they are read again although they do not change.
    this.unreadable = !(error instanceof ConfigurationError);
    if (!forced && error.message === this.refusal) return;
    this.refusal = error.message;
    this.options.onRefused(error);
  }
}

async function stampsOf(files: readonly string[]): Promise<Stamps> {
  const stamps = files.map(async (file) => {
    const found = await stat(file).catch(() => null);
    return [file, found && `${found.mtimeMs}/${found.size}/${found.ino}`] as const;
  });
  return new Map(await Promise.all(stamps));
}
