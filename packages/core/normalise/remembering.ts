import type { Doubt, Normaliser } from './normaliser.ts';

/** Values remembered of a field: those of the visits that are going on, about. */
const MOST = 4096;

/**
 * The same normaliser, which remembers its latest answers: the events of a visit repeat the same
 * person, and looking an answer up costs a tenth of finding it. For answers that follow from the
 * value alone.
 *
 * What is remembered is personal, and stays where the events themselves are: in memory, and nowhere else.
 */
export function remembering(normalise: Normaliser): Normaliser {
  const answers = new Map<string, string | Doubt>();
  return (value, hints) => {
    const known = answers.get(value);
    if (known !== undefined) return known;
    if (answers.size >= MOST) answers.clear();
    const answer = normalise(value, hints);
    answers.set(value, answer);
    return answer;
  };
}

/** The same for answers that follow from the value and the country. */
export function rememberingByCountry(normalise: Normaliser): Normaliser {
  const countries = new Map<string | null, Normaliser>();
  return (value, hints) => {
    let remembered = countries.get(hints.country);
    if (remembered === undefined) {
      remembered = remembering(normalise);
      countries.set(hints.country, remembered);
    }
    return remembered(value, hints);
  };
}
