import { compilePath, readPath } from '../path.ts';
import type { PixelSettings } from '../pixel-settings.ts';
import type { Json } from '../track-event.ts';
import { fbcOf, isClick } from './click-id.ts';
import { type Draft, warn } from './draft.ts';
import { textOf } from './scalars.ts';
import { take, takePersonal } from './take.ts';
import { clickParameter } from './url.ts';
import { byKey, type Destination, destinationsIn } from './user-data-table.ts';

const ADDRESS_KEYS = destinationsIn('context.traits.address');
const COUNTRY = ADDRESS_KEYS.filter(({ field }) => field === 'country');
const ADDRESS = byKey(ADDRESS_KEYS.filter(({ field }) => field !== 'country'));
const TRAITS = byKey(destinationsIn('context.traits'));
const CONTEXT = destinationsIn('context');
const DEVICE = destinationsIn('context.device');

/**
 * Reads who the person is into the draft: everything of the table but what stands in the
 * properties, and the external id.
 */
export function createUserData(
  settings: Pick<PixelSettings, 'alternativeExternalIdField' | 'hashExternalId'>,
): (draft: Draft) => void {
  const takeExternalId = createExternalId(settings);
  return (draft) => {
    const { traits, address, context, device } = draft.event;
    readCountry(draft);
    takeKnown(draft, traits, TRAITS);
    takeKnown(draft, address, ADDRESS);
    takeExternalId(draft);
    for (const destination of CONTEXT) take(draft, destination, context[destination.key]);
    for (const destination of DEVICE) take(draft, destination, device[destination.key]);
    takeClick(draft);
  };
}

/** What an object holds decides how long this takes, not how long the table is. */
function takeKnown(draft: Draft, object: Json, keys: ReadonlyMap<string, Destination>): void {
  for (const key in object) {
    const destination = keys.get(key);
    if (destination !== undefined) take(draft, destination, object[key]);
  }
}

/** First of all, because phones, states and postal codes are read by the rules of the country. */
function readCountry(draft: Draft): void {
  for (const { key, path } of COUNTRY) {
    const value = draft.event.address[key];
    if (value === undefined || !takePersonal(draft, 'country', value, path)) continue;
    const { country } = draft.personal;
    if (typeof country === 'string' && country.length === 2) draft.country = country;
    return;
  }
}

/**
 * Source: Segment, "Alternative external IDs": `userId`, else `anonymousId`; an alternative field
 * comes before both, and where an event lacks it they stand in.
 */
function createExternalId(
  settings: Pick<PixelSettings, 'alternativeExternalIdField' | 'hashExternalId'>,
): (draft: Draft) => void {
  const { alternativeExternalIdField: alternative, hashExternalId } = settings;
  const fields = [...(alternative === null ? [] : [alternative]), 'userId', 'anonymousId'];
  const places = fields.map((field) => ({ field, steps: compilePath(field) }));
  return (draft) => {
    for (const { field, steps } of places) {
      const value = readPath(draft.event.whole, steps);
      if (value === undefined) continue;
      const taken = hashExternalId
        ? takePersonal(draft, 'external_id', value, field)
        : takeRaw(draft, value, field);
      if (taken) return;
    }
  };
}

/** The ids as they came, for pixels whose browser side does not hash them either. */
function takeRaw(draft: Draft, value: unknown, path: string): boolean {
  const ids = [value].flat().map(textOf);
  const [first, ...others] = new Set(ids.filter((id) => id !== null));
  if (first === undefined) return false;
  draft.user['external_id'] = others.length === 0 ? first : [first, ...others];
  draft.trace?.('external_id', path);
  return true;
}

/** A click id out of the address of the page, where nobody gave one. */
function takeClick(draft: Draft): void {
  if (draft.user['fbc'] !== undefined) return;
  const url = draft.event.page['url'];
  const click = typeof url === 'string' ? clickParameter(url) : null;
  if (click === null || click === '') return;
  if (!isClick(click)) {
    warn(draft, 'invalid_fbc', 'context.page.url');
    return;
  }
  draft.user['fbc'] = fbcOf(click, draft.timeMs);
  draft.trace?.('fbc', 'context.page.url (fbclid)');
}
