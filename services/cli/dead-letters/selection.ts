import { UsageError } from '#config/errors.ts';
import { type DeadLetterFilter, filterTextOfIds, parseFilter } from '#core/dead-letter/filter.ts';
import { plural } from '#core/text/format.ts';
import type { Command } from '#process/command.ts';
import { collect } from '#process/option-values.ts';
import type { UnreadablePage } from '#store/dead-letters/pages/reader.ts';
import { currentActor } from '#store/status/audit.ts';
import { print } from '../output/print.ts';
import type { Flags } from '../subcommand.ts';

export const FILTER_HELP = `
A filter is a list of field:value terms; a dead letter must match all of them:
  reason:too_old,missing_value   any of these      -reason:too_old   all but this one
  pixel:1234567890  pixel:none   event:"Product Added"   stage:worker   code:100
  since:2h  until:2026-11-20     time of death     message:"token"   text in the message
  expires:<24h  expires:past     expires within that time, or has expired
  replays:0  attempts:>3         also id, eventid, subcode, status, trace, topic,
                                 partition, offset and unknown:yes
`;

/** Adds the options that select dead letters. */
export function addSelection(command: Command): Command {
  return command
    .option('-w, --where <filter>', 'a filter (see below); repeatable', collect)
    .option('--id <id>', 'a dead letter by its id; repeatable', collect);
}

/** Adds the options that say on whose behalf something is done, for the audit trail. */
export function addAccount(command: Command): Command {
  return command
    .option('--by <name>', 'who does this, for the audit trail (default: user@host)')
    .option('--reason <text>', 'why, for the audit trail');
}

/** On whose behalf it is done, and why. */
export function accountOf({ by, reason }: Flags): { by: string; reason: string | null } {
  return { by: String(by ?? currentActor()), reason: reason === undefined ? null : String(reason) };
}

/**
 * Guards actions that must not apply to every dead letter by mistake.
 * @throws UsageError unless the flags name either some dead letters or all
 */
export function requireScope({ where, id, all }: Flags, example: string): void {
  const isFiltered = where !== undefined || id !== undefined;
  if (isFiltered && all) {
    throw new UsageError('--all selects everything: leave out --where and --id');
  }
  if (!isFiltered && !all) {
    throw new UsageError(`select with --where, --id or --all\n  Example: ${example}`);
  }
}

/** The filter as the flags spell it. */
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

/** The pages of dead letters that a selection could not read, while it read the others. */
export class UnreadablePages {
  private readonly pages = new Map<string, UnreadablePage>();

  /** Adds a page; the same one may be reported repeatedly. */
  readonly add = (page: UnreadablePage): void => void this.pages.set(page.name, page);

  /** How many dead letters these pages hold, as far as known. */
  get letters(): number {
    return [...this.pages.values()].reduce((sum, { letters }) => sum + letters.length, 0);
  }

  get count(): number {
    return this.pages.size;
  }

  /** Lists the pages on standard error, if there are any. */
  async report(): Promise<void> {
    if (this.count === 0) return;
    const lines = [...this.pages.values()].map(({ name, why }) => `  ${name}: ${why}\n`).join('');
    const pages = plural(this.count, 'page');
    await print(
      `${pages} of dead letters cannot be read and are left out:\n${lines}`,
      process.stderr,
    );
  }
}
