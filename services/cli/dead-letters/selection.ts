import { plural } from '#core/text/format.ts';
import type { Command } from '#process/command.ts';
import { collect } from '#process/option-values.ts';
import type { UnreadablePage } from '#store/dead-letters/pages/reader.ts';
import { findPlaced, type OpenedLetter, openLetters } from '#store/dead-letters/read.ts';
import { recordOpening } from '#store/status/audit.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { print } from '../output/print.ts';
import type { ActionContext } from '../subcommand.ts';

const FILTER_HELP = `
A filter is a list of field:value terms; a dead letter must match all of them:
  reason:too_old,missing_value   any of these      -reason:too_old   all but this one
  pixel:1234567890  pixel:none   event:"Product Added"   stage:worker   code:100
  since:2h  until:2026-11-20     time of death     message:"token"   text in the message
  expires:<24h  expires:past     expires within that time, or has expired
  replays:0  attempts:>3         also id, eventid, subcode, status, trace, topic,
                                 partition, offset and unknown:yes`;

/** Adds the options that select dead letters. */
export function addSelection(command: Command): Command {
  return command
    .option('-w, --where <filter>', 'a filter (see below); repeatable', collect)
    .option('--id <id>', 'a dead letter by its id; repeatable', collect)
    .addHelpText('after', FILTER_HELP);
}

/** Adds the options that say on whose behalf something is done, for the audit trail. */
export function addAccount(command: Command): Command {
  return command
    .option('--by <name>', 'who does this, for the audit trail (default: user@host)')
    .option('--reason <text>', 'why, for the audit trail');
}

/**
 * Opens a dead letter.
 * @param opening what the audit trail says before it is opened; null where it need not say so
 * @throws ExitError when there is none with this id
 */
export async function openLetter(
  { store, account }: ActionContext,
  id: string,
  opening: { readonly action: 'revealed' | 'opened'; readonly command: string } | null,
): Promise<OpenedLetter> {
  const [found] = await findPlaced(store, [id]);
  if (found !== undefined) {
    if (opening !== null) await recordOpening(store, { ...opening, where: `id:${id}`, ...account });
    const [letter] = await openLetters(store, [found.facts]);
    if (letter) return letter;
  }
  throw new ExitError(EXIT_CODES.nothingMatched, `there is no dead letter “${id}”`);
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
