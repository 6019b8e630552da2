import { asObject, type Json } from '../event/track-event.ts';

/**
 * What `integrations` says about this destination: false = leave it out; an object = its options;
 * null = nothing.
 */
type IntegrationChoice = false | Json | null;

const NAME = 'Facebook Conversions API';

/**
 * The names of this destination, reduced to lower-case letters: Segment's two versions of it, the names
 * that libraries use for them, and the former one.
 * Source: Segment, Facebook Conversions API ("formally known as Facebook Pixel Server-Side") and
 * Facebook Conversions API (Actions).
 */
const NAMES = new Set([
  'facebookconversionsapi',
  'facebookconversionsapiactions',
  'actionsfacebookconversionsapi',
  'facebookconversions',
  'facebookpixelserverside',
]);
const NOT_LETTERS = /[^a-z]+/g;

/** How many names are cached; a company has few destinations. */
const MOST_NAMES = 1000;
const LONGEST = 48;
const known = new Map<string, boolean>();

/**
 * Source: Segment Spec, common fields, `integrations`: `false` leaves a destination out, and
 * `All: false` leaves out those that are not named.
 */
export function integrationChoice(event: Json): IntegrationChoice {
  const integrations = asObject(event['integrations']);
  if (integrations === null) return null;
  const choice = integrations[NAME] ?? otherwiseNamed(integrations);
  if (choice === false) return false;
  if (choice === true || asObject(choice) !== null) return asObject(choice);
  return integrations['All'] === false || integrations['all'] === false ? false : null;
}

function otherwiseNamed(integrations: Json): unknown {
  for (const name in integrations) if (isOurs(name)) return integrations[name];
  return undefined;
}

function isOurs(name: string): boolean {
  const before = known.get(name);
  if (before !== undefined) return before;
  if (name.length > LONGEST) return false;
  const ours = NAMES.has(name.toLowerCase().replace(NOT_LETTERS, ''));
  if (known.size < MOST_NAMES) known.set(name, ours);
  return ours;
}
