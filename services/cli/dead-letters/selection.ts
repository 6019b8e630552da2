import type { DeadLetterFacts } from '#core/dead-letter.ts';
import { type DeadLetterFilter, filterTextOfIds, parseFilter } from '#core/dead-letter-filter.ts';
import type { Redis } from '#queue/connection.ts';
import {
  comparePlaces,
  type PageOptions,
  type Place,
  readPages,
} from '#queue/dead-letter-pages.ts';
import { findFacts } from '#queue/dead-letters.ts';
import { type Command, Option, UsageError } from '#runtime/command.ts';

type Flags = Readonly<Record<string, unknown>>;

export const FILTER_HELP = `
A filter is made of field:value, all of which must hold:
  reason:too_old,missing_value   any of these      -reason:too_old   any but this
  pixel:1234567890  pixel:none   event:"Product Added"   stage:worker   code:100
  since:2h  until:2026-11-20     died then         message:"token"   says this
  expires:<24h  expires:past     can no longer be sent after that, or already
  replays:0  attempts:>3         also id, eventid, subcode, status, trace, topic,
                                 partition, offset and unknown:yes`;

const gather = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** The options that select dead letters. */
export function addSelection(command: Command): Command {
  return command
    .addOption(new Option('-w, --where <filter>', 'which, as below').argParser(gather))
    .addOption(new Option('--id <id>', 'this one; may be given several times').argParser(gather));
}

/** True when the flags leave something out. */
export function selects({ where, id }: Flags): boolean {
  return where !== undefined || id !== undefined;
}

/**
 * For what must not happen to everything by mistake.
 * @throws UsageError unless the flags say either which or all
 */
export function demandScope(flags: Flags, example: string): void {
  const some = selects(flags);
  if (some && flags['all']) throw new UsageError('--all is everything: leave out --where and --id');
  if (!some && !flags['all']) {
    throw new UsageError(`say which: --where, --id or --all\n  Example: ${example}`);
  }
}

/** @throws UsageError that says what is wrong with the filter */
export function readFilter({ where, id }: Flags): DeadLetterFilter {
  const ids = id === undefined ? [] : [filterTextOfIds(id as string[])];
  const parsed = parseFilter([...((where as string[] | undefined) ?? []), ...ids].join(' '));
  if (!parsed.ok) throw new UsageError(`--where: ${parsed.problem}`);
  return parsed.filter;
}

/** The dead letters that pass the filter, some at a time. */
export async function* select(
  redis: Redis,
  prefix: string,
  filter: DeadLetterFilter,
  options: PageOptions,
): AsyncGenerator<DeadLetterFacts[]> {
  const now = Date.now();
  const passes = (facts: DeadLetterFacts): boolean => filter.matches(facts, now);
  if (filter.ids !== null) {
    const found = await findFacts(redis, prefix, [...new Set(filter.ids)]);
    yield inOrder(found.filter(passes), options);
    return;
  }
  const since = filter.diedSince(now);
  for await (const page of readPages(redis, prefix, options)) {
    const found = page.filter(passes);
    if (found.length > 0) yield found;
    if (options.order === 'newest' && (page.at(-1)?.diedAt ?? since) < since) return;
  }
}

function inOrder(letters: DeadLetterFacts[], { order, after }: PageOptions): DeadLetterFacts[] {
  const sign = order === 'newest' ? -1 : 1;
  const compare = (a: Place, b: Place): number => sign * comparePlaces(a, b);
  return letters.filter((facts) => after === undefined || compare(facts, after) > 0).sort(compare);
}
