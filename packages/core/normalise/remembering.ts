import type { Doubt, Normaliser } from './normaliser.ts';

/** Values remembered of a field: those of the visits that are going on, about. */
const MOST = 4096;

/**
 * The same normaliser, which remembers its latest answers: the events of a visit repeat the same
 * person, and looking an answer up costs a tenth of finding it. For answers that follow from the
 * value and the country alone.
 *
 * What is remembered is personal, and stays where the events themselves are: in memory, and nowhere else.
 */
export function remembering(normalise: Normaliser): Normaliser {
  const countries = new Map<string | null, Map<string, string | Doubt>>();
  let size = 0;
  return (value, hints) => {
    if (size >= MOST) {
      countries.clear();
      size = 0;
    }
    let answers = countries.get(hints.country);
    if (answers === undefined) {
      answers = new Map();
      countries.set(hints.country, answers);
    }
    const known = answers.get(value);
    if (known !== undefined) return known;
    const answer = normalise(value, hints);
    answers.set(value, answer);
    size += 1;
    return answer;
  };
}
