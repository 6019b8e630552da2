import { plural } from '#core/text/format.ts';
import type { UnreadablePage } from '#store/dead-letters/pages/reader.ts';
import { print } from './print.ts';

/** Pages of dead letters that could not be read while the others were. */
export class UnreadablePages {
  private readonly pages = new Map<string, string>();
  private readonly unread = new Map<string, number>();

  /** Told of one; the same one may come several times. */
  readonly note = ({ name, why, letters }: UnreadablePage): void => {
    this.unread.set(name, letters.length);
    this.pages.set(name, why);
  };

  /** How many dead letters are on them, as far as that can be told. */
  get letters(): number {
    return [...this.unread.values()].reduce((sum, count) => sum + count, 0);
  }

  get count(): number {
    return this.pages.size;
  }

  /** Names them on standard error; says nothing where there are none. */
  async tell(): Promise<void> {
    if (this.pages.size === 0) return;
    const names = [...this.pages].map(([name, why]) => `  ${name}: ${why}\n`).join('');
    const pages = plural(this.pages.size, 'page');
    await print(
      `${pages} of dead letters left out, because they cannot be read:\n${names}`,
      process.stderr,
    );
  }
}
