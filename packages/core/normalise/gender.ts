import { letters } from './letters.ts';
import type { Doubt, Normaliser } from './normaliser.ts';

/** Words for the two values that Meta knows. */
const GENDERS: ReadonlyMap<string, string> = new Map([
  ['f', 'f'],
  ['female', 'f'],
  ['woman', 'f'],
  ['w', 'f'],
  ['weiblich', 'f'],
  ['frau', 'f'],
  ['femme', 'f'],
  ['mujer', 'f'],
  ['femenino', 'f'],
  ['m', 'm'],
  ['male', 'm'],
  ['man', 'm'],
  ['männlich', 'm'],
  ['mann', 'm'],
  ['homme', 'm'],
  ['hombre', 'm'],
  ['masculino', 'm'],
]);

const UNSUPPORTED: Doubt = { value: null, code: 'unsupported_gender' };

/** Source: Meta, `ge`: "gender in lowercase, either f or m". */
export const gender: Normaliser = (value) => GENDERS.get(letters(value)) ?? UNSUPPORTED;
