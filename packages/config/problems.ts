import { type Place, pathOf } from './place.ts';
import type { Problem } from './problem.ts';

/**
 * Gathers every problem of one attempt to read a configuration. Of several at one place the first
 * counts: where a variable is not set, nothing else can be said of the value.
 */
export class Problems {
  private readonly found = new Map<string, Problem>();
  private readonly lineOf: (place: Place) => number | null;

  /** @param lineOf where in the file a place is */
  constructor(lineOf: (place: Place) => number | null = () => null) {
    this.lineOf = lineOf;
  }

  add(place: Place, message: string, mend: string): void {
    const path = pathOf(place) || 'the file';
    if (this.found.has(path)) return;
    this.found.set(path, { path, message, mend, line: this.lineOf(place) });
  }

  get none(): boolean {
    return this.found.size === 0;
  }

  /** In the order of the file; what is about no line of it comes last. */
  list(): Problem[] {
    const at = ({ line }: Problem): number => line ?? Number.MAX_SAFE_INTEGER;
    return [...this.found.values()].sort((a, b) => at(a) - at(b));
  }
}
