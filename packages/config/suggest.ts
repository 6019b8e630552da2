import { closest, distance } from 'fastest-levenshtein';

/** What to do about a name that is not known: the nearest one, or all of them. */
export function suggest(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'remove it';
  const best = closest(
    name.toLowerCase(),
    known.map((each) => each.toLowerCase()),
  );
  const isNear = distance(name.toLowerCase(), best) <= Math.max(2, name.length / 3);
  const meant = known.find((each) => each.toLowerCase() === best);
  return isNear ? `did you mean ${meant}?` : `remove it; the known keys are ${known.join(', ')}`;
}
