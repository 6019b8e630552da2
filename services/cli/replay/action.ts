import type { Configuration } from '#config/configuration.ts';
import type { Command } from '#process/command.ts';
import type { Store } from '#store/store.ts';

/** What one of the things that `replay` can do works with. */
export interface ReplayContext {
  readonly store: Store;
  readonly configuration: Configuration;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly args: readonly string[];
  /** Ends it between two steps. */
  readonly signal: AbortSignal;
}

export interface ReplayAction {
  readonly command: Command;
  /** Resolves to the exit code. */
  readonly run: (context: ReplayContext) => Promise<number>;
}
