import { asObject, type Json } from '../event/track-event.ts';

/**
 * True when the person allowed every category that the pixel asks for; what the event does not
 * mention was not allowed.
 * Source: Segment, consent in Segment, `context.consent.categoryPreferences`.
 */
export function hasConsent(context: Json | null, categories: readonly string[]): boolean {
  if (categories.length === 0) return true;
  const given = asObject(asObject(context?.['consent'])?.['categoryPreferences']);
  return given !== null && categories.every((category) => given[category] === true);
}
