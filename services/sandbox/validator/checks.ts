import { type Fault, isJsonObject, type JsonObject, parameterFault } from './fault.ts';

/** What is wrong with the value of a field. The path of the fault starts at the value. */
export type FieldCheck = (value: unknown, field: string) => Fault | null;

/** A fault as seen from one step above. Paths grow on the way back, so that clean events cost nothing. */
export function within(step: string | number, fault: Fault | null): Fault | null {
  if (fault === null || !('path' in fault)) return fault;
  return { ...fault, path: [step, ...fault.path] };
}

export function must(problem: string, holds: (value: unknown) => boolean): FieldCheck {
  const fault = parameterFault([], problem);
  return (value) => (holds(value) ? null : fault);
}

export const string = must('must be a string', (value) => typeof value === 'string');
export const filledString = must(
  'must be a non-empty string',
  (value) => typeof value === 'string' && value !== '',
);
export const number = must('must be a number', Number.isFinite);
export const integer = must('must be an integer', Number.isSafeInteger);
export const boolean = must('must be a boolean', (value) => typeof value === 'boolean');

export function oneOf(words: readonly string[]): FieldCheck {
  const known = new Set<unknown>(words);
  return must(`must be one of ${words.join(', ')}`, (value) => known.has(value));
}

const isArray = must('must be an array', Array.isArray);
const isObject = must('must be an object', isJsonObject);

export function arrayOf(check: FieldCheck): FieldCheck {
  return (value, field) => isArray(value, field) ?? items(value as readonly unknown[], check);
}

/** The first fault of the items. */
export function items(values: readonly unknown[], check: FieldCheck): Fault | null {
  for (let at = 0; at < values.length; at++) {
    const fault = check(values[at], `${at}`);
    if (fault !== null) return within(at, fault);
  }
  return null;
}

export function object(rule: (fields: JsonObject) => Fault | null): FieldCheck {
  return (value, field) => isObject(value, field) ?? rule(value as JsonObject);
}

/** A rule for fields that may be absent, checked in this order. */
export function optional(
  checks: Readonly<Record<string, FieldCheck>>,
): (fields: JsonObject) => Fault | null {
  const entries = Object.entries(checks);
  return (fields) => {
    for (const [field, check] of entries) {
      const value = fields[field];
      const fault = value === undefined ? null : check(value, field);
      if (fault !== null) return within(field, fault);
    }
    return null;
  };
}
