import { letters } from './letters.ts';
import type { Normaliser } from './normaliser.ts';

/**
 * First names, last names and cities.
 * Source: Meta, `fn`, `ln`: "lowercase only with no punctuation"; `ct`: "and no spaces". Spaces in
 * names go too, as they do in Meta's parameter builder and in Segment's destination.
 */
export const name: Normaliser = letters;
