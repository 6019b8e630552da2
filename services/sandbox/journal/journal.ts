import type { PixelState } from './pixel-journal.ts';
import { PixelJournal } from './pixel-journal.ts';

/** The body of `/_sandbox/state`. */
export interface SandboxState {
  /** Unix ms of the start, or of the last reset. */
  readonly since: number;
  readonly totals: {
    readonly accepted: number;
    readonly unique: number;
    readonly duplicates: number;
    readonly requests: number;
    readonly refused: number;
  };
  readonly pixels: Readonly<Record<string, PixelState>>;
}

/** One journal for each pixel that was ever requested. */
export class Journal {
  #since: number;
  #pixels = new Map<string, PixelJournal>();

  constructor(now: number) {
    this.#since = now;
  }

  of(pixel: string): PixelJournal {
    const known = this.#pixels.get(pixel);
    if (known !== undefined) return known;
    const opened = new PixelJournal();
    this.#pixels.set(pixel, opened);
    return opened;
  }

  find(pixel: string): PixelJournal | null {
    return this.#pixels.get(pixel) ?? null;
  }

  reset(now: number): void {
    this.#since = now;
    this.#pixels.clear();
  }

  /** The state of each pixel, by its id. */
  states(): (readonly [pixel: string, state: PixelState])[] {
    return Array.from(this.#pixels, ([id, pixel]) => [id, pixel.state()] as const);
  }

  state(): SandboxState {
    const pixels = this.states();
    const sum = (of: (state: PixelState) => number) =>
      pixels.reduce((total, [, state]) => total + of(state), 0);
    return {
      since: this.#since,
      totals: {
        accepted: sum((state) => state.accepted),
        unique: sum((state) => state.unique),
        duplicates: sum((state) => state.duplicates),
        requests: sum((state) => state.requests.total),
        refused: sum((state) => state.requests.refused),
      },
      pixels: Object.fromEntries(pixels),
    };
  }
}
