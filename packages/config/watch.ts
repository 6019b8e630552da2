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
  /** Hands over what is new; whatever follows from it never delays the next change. */
  readonly onChange: (next: Configuration) => void;
  /** The new file has problems, or cannot be read: what ran before goes on. */
  readonly onRefused: (error: Error) => void;
  /** After a refusal the files say again what runs already. */
  readonly onMended?: () => void;
  /** How often the files are looked at, in ms. */
  readonly lookMs?: number;
  /** How long reading them may take before that is a refusal, in ms. */
  readonly readMs?: number;
}

/**
 * Files are looked at rather than subscribed to: mounted secrets are replaced through links, which
 * change notifications miss.
 */
const LOOK_MS = 500;

/** A file system that does not answer hangs every read of it. */
const READ_MS = 30_000;

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
      await this.lookOrRefuse();
      if (!this.requested && !this.ended) await this.rest();
    }
  }

  private rest(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, this.options.lookMs ?? LOOK_MS).unref();
    });
  }

  /** A read that hangs is reported and waited for: each further one would block another thread. */
  private async lookOrRefuse(): Promise<void> {
    const readMs = this.options.readMs ?? READ_MS;
    const late = setTimeout(() => {
      this.refuse(
        new Error(`its files cannot be read within ${readMs} ms: check their disk`),
        false,
      );
    }, readMs).unref();
    try {
      await this.look();
    } catch (error) {
      this.refuse(error as Error, false);
    }
    clearTimeout(late);
  }

  private async look(): Promise<void> {
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
      this.current = next;
      onChange(next);
    } catch (error) {
      this.refuse(error as Error, forced);
    }
  }

  private refuse(error: Error, forced: boolean): void {
    // A secret that is missing now may be there soon.
    const looked = error instanceof ConfigurationError ? error.files : [];
    this.files = [...new Set([...this.files, ...looked])];
    // Not the fault of what the files say: they are read again although they stay the same.
    this.unreadable = !(error instanceof ConfigurationError);
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
