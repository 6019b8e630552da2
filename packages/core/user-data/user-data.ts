import { compilePath, readPath } from '../event/path.ts';
import type { PixelSettings } from '../event/pixel-settings.ts';
import type { Json } from '../event/track-event.ts';
import { type Draft, warn } from '../mapping/draft.ts';
import { textOf } from '../mapping/scalars.ts';
import { isPlaceholder } from '../normalise/normaliser.ts';
import { holdsEmail } from '../privacy/personal-data.ts';
import { clickParameter } from '../privacy/url.ts';
import {
  fillField,
  fillHashed,
  fillPlain,
  type HashedUserDataField,
  hashedField,
  MOST_VALUES,
  plainFieldAt,
  type UserDataField,
  userDataFieldsIn,
} from './fields.ts';
import { fbcOf, isClick } from './identifiers.ts';

const TRAITS = userDataFieldsIn('context.traits');
const ADDRESS = new Map(
  [...userDataFieldsIn('context.traits.address')].filter(([, { field }]) => field !== 'country'),
);

const COUNTRY = hashedField('country', 'context.traits.address.country');
const COUNTRY_CODE = hashedField('country', 'context.traits.address.countryCode');
const SNAKE_COUNTRY_CODE = hashedField('country', 'context.traits.address.country_code');

/** Property names known at compile time are looked up much faster than those of a table. */
const IPV6 = plainFieldAt('context.ipv6');
const IP = plainFieldAt('context.ip');
const USER_AGENT = plainFieldAt('context.userAgent');
const FBC = plainFieldAt('context.fbc');
const FBP = plainFieldAt('context.fbp');
const USER_ID = hashedField('external_id', 'userId');
const ANONYMOUS_ID = hashedField('external_id', 'anonymousId');
const ADVERTISING_ID = plainFieldAt('context.device.advertisingId');

/**
 * Reads the user data into the draft: every field of the table that is not in the properties, and the
 * external ID.
 */
export function createUserData(
  settings: Pick<PixelSettings, 'alternativeExternalIdField' | 'hashExternalId'>,
): (draft: Draft) => void {
  const takeExternalId = createExternalId(settings);
  return (draft) => {
    const { traits, address, context, device } = draft.event;
    readCountry(draft);
    takeTraits(draft, traits);
    takeKnown(draft, address, ADDRESS);
    takeExternalId(draft);
    fillPlain(draft, IPV6, context['ipv6']);
    fillPlain(draft, IP, context['ip']);
    fillPlain(draft, USER_AGENT, context['userAgent']);
    fillPlain(draft, FBP, context['fbp']);
    fillPlain(draft, FBC, context['fbc']);
    fillPlain(draft, ADVERTISING_ID, device['advertisingId']);
    takeClick(draft);
  };
}

/**
 * A full name is of no use to Meta, and taking it apart would need to know the language: a hint instead.
 * Source: Segment Spec, traits, `name`.
 */
function hintAtName(draft: Draft): void {
  const { personal, event } = draft;
  if (personal.fn !== undefined || personal.ln !== undefined) return;
  if (textOf(event.traits['name']) !== null) warn(draft, 'unsplit_name', 'context.traits.name');
}

function takeTraits(draft: Draft, traits: Json): void {
  let named = false;
  for (const key in traits) {
    const field = TRAITS.get(key);
    if (field !== undefined) fillField(draft, field, traits[key]);
    else if (key === 'name') named = true;
  }
  if (named) hintAtName(draft);
}

/** Loops over the object rather than the table, because the object is shorter. */
function takeKnown(draft: Draft, object: Json, keys: ReadonlyMap<string, UserDataField>): void {
  for (const key in object) {
    const field = keys.get(key);
    if (field !== undefined) fillField(draft, field, object[key]);
  }
}

/** Comes first, because the country decides how phones, states and postal codes are read. */
export function readCountry(draft: Draft): void {
  const { address } = draft.event;
  if (
    fillHashed(draft, COUNTRY, address['country']) ||
    fillHashed(draft, COUNTRY_CODE, address['countryCode']) ||
    fillHashed(draft, SNAKE_COUNTRY_CODE, address['country_code'])
  ) {
    useCountry(draft);
  }
}

/** Phones, states and postal codes are read as those of the country that was found. */
export function useCountry(draft: Draft): void {
  const { country } = draft.personal;
  if (typeof country === 'string' && country.length === 2) draft.country = country;
}

/**
 * Source: Segment, "Alternative external IDs": `userId`, else `anonymousId`; an alternative field
 * comes before both, and where an event lacks it they stand in.
 */
function createExternalId(
  settings: Pick<PixelSettings, 'alternativeExternalIdField' | 'hashExternalId'>,
): (draft: Draft) => void {
  const { alternativeExternalIdField: alternative, hashExternalId } = settings;
  const steps = alternative === null ? null : compilePath(alternative);
  const chosen = hashedField('external_id', alternative ?? '');
  const takeId = hashExternalId ? fillHashed : takeRaw;
  return (draft) => {
    const { whole } = draft.event;
    if (steps !== null && takeId(draft, chosen, readPath(whole, steps))) return;
    if (!takeId(draft, USER_ID, whole['userId'])) takeId(draft, ANONYMOUS_ID, whole['anonymousId']);
  };
}

/**
 * The IDs unchanged, for pixels whose browser side does not hash them either. An e-mail address is
 * hashed anyway, because Meta forbids it in plain text.
 */
export function takeRaw(draft: Draft, to: HashedUserDataField, value: unknown): boolean {
  if ((draft.filled & to.bit) !== 0) return true;
  const ids = [value].flat().slice(0, MOST_VALUES).map(textOf);
  const [first, ...others] = new Set(ids.filter((id) => id !== null && !isPlaceholder(id)));
  if (first === undefined) return false;
  if ([first, ...others].some((id) => id !== null && holdsEmail(id))) {
    return fillHashed(draft, to, value);
  }
  draft.user['external_id'] = others.length === 0 ? first : [first, ...others];
  draft.filled |= to.bit;
  draft.trace?.('external_id', to.path);
  return true;
}

/**
 * The click ID from the page, where the event has none: from its URL, or from its query, which
 * Segment's library sends apart.
 */
function takeClick(draft: Draft): void {
  if ((draft.filled & FBC.bit) !== 0) return;
  const { url, search } = draft.event.page;
  if (!takeClickFrom(draft, url, 'context.page.url')) {
    takeClickFrom(draft, search, 'context.page.search');
  }
}

function takeClickFrom(draft: Draft, text: unknown, path: string): boolean {
  const click = typeof text === 'string' ? clickParameter(text) : null;
  if (click === null || click === '') return false;
  if (!isClick(click)) warn(draft, 'invalid_fbc', path);
  else {
    draft.user['fbc'] = fbcOf(click, draft.timeMs);
    draft.trace?.('fbc', `${path} (fbclid)`);
  }
  return true;
}
