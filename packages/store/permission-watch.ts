import { connectOnce } from './connection.ts';
import { permissionFindings, type RedisFinding } from './health.ts';
import { findMissingPermissions } from './permissions.ts';
import { createStore } from './store.ts';

interface PermissionWatchOptions {
  readonly url: string;
  readonly prefix: string;
  /** Told whenever something else is missing than before, and when nothing is missing any more. */
  readonly onChange: (missing: readonly string[], findings: readonly RedisFinding[]) => void;
}

/** Between two times that Redis is asked, in ms. */
const ASK_AGAIN_MS = 5000;

/**
 * Names what a user lacks while Redis refuses something. To a script Redis says only that its user
 * may not run "this command". It is asked on a connection of its own: one of the commands that are
 * tried blocks, and nothing that the process sends should wait behind it.
 */
export class PermissionWatch {
  private missing = '';
  private findings: readonly RedisFinding[] = [];
  /** From the moment that Redis is asked until it may be asked again. */
  private busy = false;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private readonly options: PermissionWatchOptions;

  constructor(options: PermissionWatchOptions) {
    this.options = options;
  }

  /** Redis refused something just now. */
  refused(): void {
    if (this.busy || this.closed) return;
    this.busy = true;
    void this.ask().finally(() => {
      if (this.closed) return;
      this.timer = setTimeout(() => this.next(), ASK_AGAIN_MS).unref();
    });
  }

  /** A fault in words, with what is missing and what gives it; null where there is none. */
  explain(fault: string | null): string | null {
    if (fault === null) return null;
    const words = this.findings.map(({ problem, fix }) => `${problem} → ${fix}`);
    return [fault, ...words].join('; ');
  }

  /** Asks nothing any more. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  /** What was missing is asked for until it is given; else the next refusal asks. */
  private next(): void {
    this.busy = false;
    if (this.findings.length > 0) this.refused();
  }

  private async ask(): Promise<void> {
    const { url, prefix, onChange } = this.options;
    const redis = connectOnce(url);
    try {
      await redis.connect();
      const store = createStore(redis, prefix);
      const found = await findMissingPermissions(store);
      const names = found.keys ? [...found.commands, 'keys'] : found.commands;
      if (this.missing === names.join()) return;
      this.missing = names.join();
      this.findings = permissionFindings(store, found);
      onChange(names, this.findings);
    } catch {
      // The operation that was refused, or finds Redis away, reports that and asks again.
    } finally {
      redis.disconnect();
    }
  }
}
