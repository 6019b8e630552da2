import { compilePath, readPath } from '../event/path.ts';
import type { PixelSettings } from '../event/pixel-settings.ts';
import { asObject, type Json } from '../event/track-event.ts';
import { filter, type MappingResult, REFUSALS } from '../mapping/mapping-result.ts';
import type { ConsentSettings } from './consent-settings.ts';
import { readGrants } from './grants.ts';

/** Null for an event that may be sent; otherwise why not. */
type ConsentCheck = (event: Json) => MappingResult | null;

/** The consent that a pixel requires; null when it requires none. */
export function createConsentCheck({
  consentCategories,
  consent,
}: Pick<PixelSettings, 'consentCategories' | 'consent'>): ConsentCheck | null {
  const checks: ConsentCheck[] = [];
  if (consentCategories.length > 0) checks.push(requireCategories(consentCategories));
  if (consent !== null) checks.push(requireConsent(consent));
  const [first, second] = checks;
  if (first === undefined || second === undefined) return first ?? null;
  return (event) => first(event) ?? second(event);
}

/**
 * Every category must be true; one that the event does not mention counts as refused.
 * Source: Segment, consent in Segment, `context.consent.categoryPreferences`.
 */
function requireCategories(categories: readonly string[]): ConsentCheck {
  return (event) => {
    const consent = asObject(asObject(event['context'])?.['consent']);
    const given = asObject(consent?.['categoryPreferences']);
    const isGiven = given !== null && categories.every((category) => given[category] === true);
    return isGiven ? null : REFUSALS.noConsent;
  };
}

/**
 * All of some categories, and any of others, in whatever shape the event has them. What is missing,
 * unknown or unreadable counts as refused. The results are made once: events share them.
 */
function requireConsent({ allOf, anyOf, paths, format }: ConsentSettings): ConsentCheck {
  const refuse = (message: string) => filter('no_consent', message);
  const nothing = refuse(`the event says nothing about consent at ${paths.join(' or ')}`);
  const places = paths.map((path) => ({
    steps: compilePath(path),
    unreadable: refuse(`the consent at ${path} cannot be read, which counts as refused`),
    required: allOf.map((category) => ({
      category,
      refusal: refuse(`the consent at ${path} does not grant ${category}`),
    })),
    noneOf: refuse(`the consent at ${path} grants none of ${anyOf.join(', ')}`),
  }));
  return (event) => {
    for (const { steps, unreadable, required, noneOf } of places) {
      const value = readPath(event, steps) ?? null;
      if (value === null) continue;
      const grants = readGrants(value, format);
      if (grants === null) return unreadable;
      const missing = required.find(({ category }) => !grants(category));
      if (missing !== undefined) return missing.refusal;
      return anyOf.length === 0 || anyOf.some(grants) ? null : noneOf;
    }
    return nothing;
  };
}
