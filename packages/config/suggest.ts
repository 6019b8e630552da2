import { nearest } from '#core/text/nearest.ts';

/** What to do about a name that is not known: the nearest one, or all of them. */
export function suggest(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'remove it';
  const meant = nearest(name, known);
  return meant === null
    ? `remove it; the known keys are ${known.join(', ')}`
    : `did you mean ${meant}?`;
}
