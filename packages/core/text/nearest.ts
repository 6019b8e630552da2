import { closest, distance } from 'fastest-levenshtein';

/** The known name that was probably meant; null where none is near. */
export function nearest(name: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const wanted = name.toLowerCase();
  const best = closest(
    wanted,
    known.map((each) => each.toLowerCase()),
  );
  const isNear = distance(wanted, best) <= Math.max(2, name.length / 3);
  return isNear ? (known.find((each) => each.toLowerCase() === best) ?? null) : null;
}
