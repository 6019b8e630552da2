import type { Configuration } from '#config/configuration.ts';
import { UsageError } from '#config/errors.ts';
import { loadConfiguration } from '#config/load.ts';
import { describePlace } from '#config/redis-place.ts';
import {
  type DeadLetterFilter,
  filterTextOfIds,
  parseFilter,
  withPixels,
} from '#core/dead-letter/filter.ts';
import { PixelNames } from '#core/pixel-names.ts';
import { openDecoder } from '#registry/open.ts';
import { connectionError, connectOnce, refusedLogin } from '#store/connection.ts';
import { isMovingOn } from '#store/health.ts';
import { LockError } from '#store/locks.ts';
import { sealerOf } from '#store/sealing.ts';
import { currentActor } from '#store/status/audit.ts';
import { createStore, type SealedStore } from '#store/store.ts';
import { newestId, resolveId } from './dead-letters/ids.ts';
import { EXIT_CODES, ExitError } from './exit-codes.ts';
import { pixelIdInFilter } from './known-names.ts';

/** The values of a command's options, by name. */
export type Flags = Readonly<Record<string, unknown>>;

/** What an action works with. */
export interface ActionContext {
  readonly configuration: Configuration;
  /** How pixels are shown, and what people may call them. */
  readonly names: PixelNames;
  readonly store: SealedStore;
  readonly flags: Flags;
  readonly args: readonly string[];
  /** What --where and --id select, and the filter as they spell it. */
  readonly filter: DeadLetterFilter;
  readonly where: string;
  /** On whose behalf it is done, and why. */
  readonly account: { readonly by: string; readonly reason: string | null };
}

/** What a subcommand does; it resolves to the exit code. */
export type SubcommandAction = (context: ActionContext) => Promise<number>;

/**
 * Loads the configuration, connects to Redis and runs an action.
 * @param config the configuration file, if one was named
 */
export async function runAction(
  run: SubcommandAction,
  config: string | undefined,
  { flags, args }: Pick<ActionContext, 'flags' | 'args'>,
): Promise<number> {
  selectionOf(flags);
  const configuration = await loadConfiguration(config, process.env);
  const names = new PixelNames(configuration.pixels);
  const named = withPixelIds(flags, names);
  const context = { configuration, names, flags: named, args, account: accountOf(flags) };
  return withExitCode(() =>
    withStore(configuration, async (store) => {
      const selection = selectionOf(await withWholeIds(store, named));
      return run({ ...context, ...selection, store });
    }),
  );
}

/** Runs a command; an {@link ExitError} becomes a message on standard error and its exit code. */
async function withExitCode(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ExitError || error instanceof LockError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return error instanceof LockError ? EXIT_CODES.refused : error.code;
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

/** The same flags, with the IDs of pixels that --where calls by name. @throws UsageError for an unknown name */
function withPixelIds(flags: Flags, names: PixelNames): Flags {
  if (flags['where'] === undefined) return flags;
  const { where } = selectionOf({ where: flags['where'] });
  return { ...flags, where: [withPixels(where, (value) => pixelIdInFilter(names, value))] };
}

/** The same flags, with the whole ids of --id and --last. @throws UsageError where one is ambiguous */
async function withWholeIds(store: SealedStore, flags: Flags): Promise<Flags> {
  const { id, last } = flags;
  if (id === undefined && last === undefined) return flags;
  const ids: string[] = [];
  for (const each of (id ?? []) as string[]) ids.push(await resolveId(store, each));
  if (last === true) ids.push((await newestId(store)) ?? 'none');
  return { ...flags, id: ids };
}

function accountOf({ by, reason }: Flags): ActionContext['account'] {
  return { by: String(by ?? currentActor()), reason: reason === undefined ? null : String(reason) };
}

/**
 * Connects to the configured Redis, and disconnects whatever happens.
 * @throws ExitError when Redis cannot be reached, or the connection breaks
 */
async function withStore<T>(
  { redis: address, sealing, schemaRegistry }: Configuration,
  work: (store: SealedStore) => Promise<T>,
): Promise<T> {
  const at = describePlace(address);
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
    const decoder = await openDecoder(schemaRegistry);
    return await work({
      ...createStore(redis, address.prefix),
      sealer: sealerOf(sealing),
      decoder,
    });
  } catch (error) {
    if (error instanceof ExitError) throw error;
    const isOpen = redis.status === 'ready';
    if (isOpen && !isMovingOn(redis, error)) throw error;
    const problem = isOpen
      ? `Redis at ${at} is moving to another server (${(error as Error).message})`
      : `the connection to Redis at ${at} broke`;
    throw new ExitError(
      EXIT_CODES.unreachable,
      `${problem}: what was done is done; run the command again to continue`,
    );
  } finally {
    redis.disconnect();
  }
}
