import { type DeadLetterFilter, filterTextOfIds, parseFilter } from '#core/dead-letter/filter.ts';
import { type Command, Option, UsageError } from '#process/command.ts';
import { thisPerson } from '#store/status/audit.ts';

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

/** The options that say on whose account something happens; it is kept in the audit trail. */
export function addAccount(command: Command): Command {
  return command
    .option('--by <name>', 'who wants it, for the audit trail (default: user@host)')
    .option('--reason <text>', 'why, for the audit trail');
}

/** On whose account it happens. */
export function accountOf({ by, reason }: Flags): { by: string; reason: string | null } {
  return { by: String(by ?? thisPerson()), reason: reason === undefined ? null : String(reason) };
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

/** The filter that the flags make, as it is written. */
export function filterText({ where, id }: Flags): string {
  const ids = id === undefined ? [] : [filterTextOfIds(id as string[])];
  return [...((where as string[] | undefined) ?? []), ...ids].join(' ').trim();
}

/** @throws UsageError that says what is wrong with the filter */
export function readFilter(flags: Flags): DeadLetterFilter {
  const parsed = parseFilter(filterText(flags));
  if (!parsed.ok) throw new UsageError(`--where: ${parsed.problem}`);
  return parsed.filter;
}
