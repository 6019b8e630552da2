import { plural } from '#core/text/format.ts';
import type { UnreadablePage } from '#store/dead-letters/pages/reader.ts';
import { findPlaced, type OpenedLetter, openLetters } from '#store/dead-letters/read.ts';
import { recordOpening } from '#store/status/audit.ts';
import type { ActionContext } from '../action.ts';
import { EXIT_CODES, ExitError } from '../exit-codes.ts';
import { print } from '../output/print.ts';

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
