/**
 * The shapes in which events carry consent; docs/consent.md shows each of them. `auto` tells all of them
 * apart by their form, except for TC strings, which could be the name of a category as well.
 */
export const CONSENT_FORMATS = [
  'auto',
  'categories',
  'list',
  'text',
  'allowedAndDenied',
  'services',
  'tcString',
] as const;

export type ConsentFormat = (typeof CONSENT_FORMATS)[number];

/** The consent that a pixel requires of an event. */
export interface ConsentSettings {
  /** Categories that must all be granted. */
  readonly allOf: readonly string[];
  /** Categories of which at least one must be granted; none means no such condition. */
  readonly anyOf: readonly string[];
  /** Where events carry consent; the first path with a value decides. */
  readonly paths: readonly string[];
  readonly format: ConsentFormat;
}

/** Source: Segment, consent object, `context.consent.categoryPreferences`. */
export const CONSENT_PATHS: readonly string[] = ['context.consent.categoryPreferences'];
