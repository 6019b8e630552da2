import { closest, distance } from 'fastest-levenshtein';

/** The known name that was probably meant; null where none is near. Half of it at least is as it was given. */
export function nearest(name: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const wanted = name.toLowerCase();
  const best = closest(
    wanted,
    known.map((each) => each.toLowerCase()),
  );
  const most = Math.min(name.length / 2, Math.max(2, name.length / 3));
  return distance(wanted, best) <= most
    ? (known.find((each) => each.toLowerCase() === best) ?? null)
    : null;
}
