import { PixelJournal } from './pixel-journal.ts';

/** One journal for each pixel that was ever requested. */
export class Journal {
  /** Unix ms of the start, or of the last reset. */
  #since: number;
  readonly pixels = new Map<string, PixelJournal>();

  constructor(now: number) {
    this.#since = now;
  }

  of(pixel: string): PixelJournal {
    const known = this.pixels.get(pixel);
    if (known !== undefined) return known;
    const opened = new PixelJournal();
    this.pixels.set(pixel, opened);
    return opened;
  }

  reset(now: number): void {
    this.#since = now;
    this.pixels.clear();
  }

  /** The body of `/_sandbox/state`. */
  state() {
    const states = Array.from(this.pixels, ([pixel, { state }]) => [pixel, state] as const);
    const sum = (of: (state: PixelJournal['state']) => number) =>
      states.reduce((total, [, state]) => total + of(state), 0);
    return {
      since: this.#since,
      totals: {
        accepted: sum(({ accepted }) => accepted),
        unique: sum(({ unique }) => unique),
        duplicates: sum(({ duplicates }) => duplicates),
        requests: sum(({ requests }) => requests.total),
        refused: sum(({ requests }) => requests.refused),
      },
      pixels: Object.fromEntries(states),
    };
  }
}
