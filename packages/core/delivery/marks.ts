/** Two marks of one measure: act at the upper one, let go at the lower one. */
export interface Marks {
  readonly upper: number;
  readonly lower: number;
}

/** Whether to hold back now, given whether one did before: between the marks nothing changes. */
export function holdsBack(marks: Marks, value: number, before: boolean): boolean {
  if (value >= marks.upper) return true;
  return before && value > marks.lower;
}
