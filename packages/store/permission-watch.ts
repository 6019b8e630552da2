import type { RedisConfiguration } from '#config/configuration.ts';
import { describeFindings, permissionFindings, type RedisFinding } from './health.ts';
import { findMissingPermissions } from './permissions.ts';
import { RedisWork, redisFault } from './redis-fault.ts';
import { withStore } from './store.ts';

interface PermissionWatchOptions {
  readonly redis: RedisConfiguration;
  /** Told whenever something else is missing than before, and when nothing is missing any more. */
  readonly onMissing: (missing: readonly string[], findings: readonly RedisFinding[]) => void;
}

/** Between two times that Redis is asked, in ms. */
const ASK_AGAIN_MS = 5000;

type WatchedRedisWorkOptions = PermissionWatchOptions & ConstructorParameters<typeof RedisWork>[0];

/**
 * Work with Redis whose faults name the permissions that its user lacks, while Redis refuses something:
 * to a script Redis says only that its user may not run "this command". It is asked on a connection of
 * its own: one of the commands that are tried blocks, and nothing that the process sends should wait
 * behind it.
 */
export class WatchedRedisWork extends RedisWork {
  private missing = '';
  private findings: readonly RedisFinding[] = [];
  /** From the moment that Redis is asked until it may be asked again. */
  private busy = false;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private readonly watching: PermissionWatchOptions;

  constructor(options: WatchedRedisWorkOptions) {
    super(options);
    this.watching = options;
  }

  override failed(...[operation, error, note]: Parameters<RedisWork['failed']>): void {
    if (redisFault(error) === 'not_allowed') this.refused();
    super.failed(operation, error, note);
  }

  override fault(): string | null {
    return this.explain(super.fault());
  }

  /** Redis refused something just now. */
  private refused(): void {
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
    return this.findings.length === 0 ? fault : `${fault}; ${describeFindings(this.findings)}`;
  }

  /** Looks for missing permissions no more. */
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
    const { redis, onMissing } = this.watching;
    const asked = withStore(
      redis,
      () => {},
      async (store) => {
        const found = await findMissingPermissions(store);
        const names = found.keys ? [...found.commands, 'keys'] : found.commands;
        if (this.missing === names.join()) return;
        this.missing = names.join();
        this.findings = permissionFindings(store, found);
        onMissing(names, this.findings);
      },
    );
    // The operation that was refused, or finds Redis away, reports that and asks again.
    await asked.catch(() => {});
  }
}
