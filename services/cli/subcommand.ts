import type { Configuration } from '#config/configuration.ts';
import { UsageError } from '#config/errors.ts';
import { loadConfiguration } from '#config/load.ts';
import { type DeadLetterFilter, filterTextOfIds, parseFilter } from '#core/dead-letter/filter.ts';
import { type Command, configOption, createCommand, runCommand } from '#process/command.ts';
import { connectionError, connectOnce, refusedLogin } from '#store/connection.ts';
import { sealerOf } from '#store/sealing.ts';
import { currentActor } from '#store/status/audit.ts';
import { createStore, type SealedStore } from '#store/store.ts';
import { EXIT_CODES, ExitError, withExitCode } from './exit-codes.ts';

/** The values of a command's options, by name. */
export type Flags = Readonly<Record<string, unknown>>;

/** What an action works with. */
export interface ActionContext {
  readonly configuration: Configuration;
  readonly store: SealedStore;
  readonly flags: Flags;
  readonly args: readonly string[];
  /** What --where and --id select, and the filter as they spell it. */
  readonly filter: DeadLetterFilter;
  readonly where: string;
  /** On whose behalf it is done, and why. */
  readonly account: { readonly by: string; readonly reason: string | null };
}

/** One action of the commands `dead-letters` and `replay`. */
export interface Subcommand {
  readonly command: Command;
  /** Given where the action must not apply to all dead letters by mistake: an example of a selection. */
  readonly scope?: string;
  /** Resolves to the exit code. */
  readonly run: (context: ActionContext) => Promise<number>;
}

/** @param path such as `dead-letters list` */
export function createSubcommand(path: string, summary: string, example: string): Command {
  const name = path.slice(path.indexOf(' ') + 1);
  return createCommand(path, summary, example).name(name).addOption(configOption());
}

/** Runs the subcommand that the arguments name; one of them may be the program itself. */
export async function runSubcommands(
  program: Command,
  subcommands: readonly Subcommand[],
): Promise<void> {
  let chosen: Subcommand | null = null;
  for (const each of subcommands) {
    if (each.command !== program) program.addCommand(each.command);
    each.command.action(() => {
      chosen = each;
    });
  }
  await runCommand(program, async () => {
    // Without a subcommand commander has shown the help, and ended.
    const { command, scope, run } = chosen as unknown as Subcommand;
    const flags = command.opts();
    const path = (flags['config'] ?? program.opts()['config']) as string | undefined;
    const configuration = await loadConfiguration(path, process.env);
    if (scope !== undefined) requireScope(flags, scope);
    const context = { configuration, flags, args: command.args, ...selectionOf(flags) };
    return withExitCode(() =>
      withStore(configuration, (store) => run({ ...context, store, account: accountOf(flags) })),
    );
  });
}

/** @throws UsageError unless the flags name either some dead letters or all */
function requireScope({ where, id, all }: Flags, example: string): void {
  const isFiltered = where !== undefined || id !== undefined;
  if (isFiltered && all) {
    throw new UsageError('--all selects everything: leave out --where and --id');
  }
  if (!isFiltered && !all) {
    throw new UsageError(`select with --where, --id or --all\n  Example: ${example}`);
  }
}

/** @throws UsageError that says what is wrong with the filter */
function selectionOf({ where = [], id }: Flags): Pick<ActionContext, 'filter' | 'where'> {
  const ids = id === undefined ? [] : [filterTextOfIds(id as string[])];
  const text = [...(where as string[]), ...ids].join(' ').trim();
  const parsed = parseFilter(text);
  if (!parsed.ok) throw new UsageError(`--where: ${parsed.problem}`);
  return { filter: parsed.filter, where: text };
}

function accountOf({ by, reason }: Flags): ActionContext['account'] {
  return { by: String(by ?? currentActor()), reason: reason === undefined ? null : String(reason) };
}

/**
 * Connects to the configured Redis, and disconnects whatever happens.
 * @throws ExitError when Redis cannot be reached, or the connection breaks
 */
async function withStore<T>(
  { redis: address, sealing }: Configuration,
  work: (store: SealedStore) => Promise<T>,
): Promise<T> {
  const { hostname, port } = new URL(address.url);
  const at = `${hostname}:${port || 6379}`;
  const redis = connectOnce(address);
  try {
    await redis.connect().catch((error: Error & { code?: string }) => {
      const refusal = refusedLogin(redis);
      const problem =
        refusal === null
          ? `Redis cannot be reached at ${at} (${connectionError(redis) ?? error.code ?? error.message})`
          : `Redis at ${at} refuses the login: ${refusal}`;
      throw new ExitError(EXIT_CODES.unreachable, `${problem}: run capi-relay check`);
    });
    return await work({ ...createStore(redis, address.prefix), sealer: sealerOf(sealing) });
  } catch (error) {
    if (error instanceof ExitError || redis.status === 'ready') throw error;
    const problem = `the connection to Redis at ${at} broke`;
    throw new ExitError(
      EXIT_CODES.unreachable,
      `${problem}: what was done is done; run the command again to continue`,
    );
  } finally {
    redis.disconnect();
  }
}
