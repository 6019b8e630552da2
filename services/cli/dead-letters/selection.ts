import { UsageError } from '#config/errors.ts';
import { plural } from '#core/text/format.ts';
import type { UnreadablePage } from '#store/dead-letters/pages/reader.ts';
import { findPlaced, type OpenedLetter, openLetters } from '#store/dead-letters/read.ts';
import { recordOpening } from '#store/status/audit.ts';
import type { ActionContext } from '../action.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { print } from '../output/print.ts';
import { newestId, resolveId } from './ids.ts';

/**
 * The id that was given, or that of the newest dead letter.
 * @throws UsageError unless it is given by an id or by --last, ExitError when there is none
 */
export async function idOf({ store, flags }: ActionContext, given?: string): Promise<string> {
  if (given !== undefined && flags['last'] !== true) return resolveId(store, given);
  if (given !== undefined || flags['last'] !== true) {
    throw new UsageError('name a dead letter by its id or the start of it, or by --last');
  }
  const id = await newestId(store);
  if (id !== null) return id;
  throw new ExitError(EXIT_CODES.nothingMatched, 'there are no dead letters');
}

/** What the audit trail says before a dead letter is opened; null where it need not say so. */
type LetterOpening = { readonly action: 'revealed' | 'opened'; readonly command: string } | null;

/** Opens a dead letter by its whole id; null when there is none. */
export async function findLetter(
  { store, account }: ActionContext,
  id: string,
  opening: LetterOpening,
): Promise<OpenedLetter | null> {
  const [found] = await findPlaced(store, [id]);
  if (found === undefined) return null;
  if (opening !== null) await recordOpening(store, { ...opening, where: `id:${id}`, ...account });
  const [letter] = await openLetters(store, [found.facts]);
  return letter ?? null;
}

/** The same. @throws ExitError when there is none with this id */
export async function openLetter(
  context: ActionContext,
  id: string,
  opening: LetterOpening,
): Promise<OpenedLetter> {
  const letter = await findLetter(context, id, opening);
  if (letter !== null) return letter;
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
