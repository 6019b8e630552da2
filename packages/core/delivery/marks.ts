/** Two thresholds of one measure (hysteresis): hold back at the upper one, release at the lower one. */
export interface Marks {
  readonly upper: number;
  readonly lower: number;
}

/** Whether to hold back now; between the thresholds nothing changes. */
export function holdsBack(marks: Marks, value: number, before: boolean): boolean {
  if (value >= marks.upper) return true;
  return before && value > marks.lower;
}
