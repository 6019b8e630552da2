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

/** Names that are known when this is compiled are found much faster than those of a table. */
const IPV6 = plainFieldAt('context.ipv6');
const IP = plainFieldAt('context.ip');
const USER_AGENT = plainFieldAt('context.userAgent');
const FBC = plainFieldAt('context.fbc');
const FBP = plainFieldAt('context.fbp');
const USER_ID = hashedField('external_id', 'userId');
const ANONYMOUS_ID = hashedField('external_id', 'anonymousId');
const ADVERTISING_ID = plainFieldAt('context.device.advertisingId');

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
    fillPlain(draft, IPV6, context['ipv6']);
    fillPlain(draft, IP, context['ip']);
    fillPlain(draft, USER_AGENT, context['userAgent']);
    fillPlain(draft, FBP, context['fbp']);
    fillPlain(draft, FBC, context['fbc']);
    fillPlain(draft, ADVERTISING_ID, device['advertisingId']);
    takeClick(draft);
  };
}

/** What an object holds decides how long this takes, not how long the table is. */
function takeKnown(draft: Draft, object: Json, keys: ReadonlyMap<string, UserDataField>): void {
  for (const key in object) {
    const destination = keys.get(key);
    if (destination !== undefined) fillField(draft, destination, object[key]);
  }
}

/** First of all, because phones, states and postal codes are read by the rules of the country. */
function readCountry(draft: Draft): void {
  const { address } = draft.event;
  if (
    fillHashed(draft, COUNTRY, address['country']) ||
    fillHashed(draft, COUNTRY_CODE, address['countryCode']) ||
    fillHashed(draft, SNAKE_COUNTRY_CODE, address['country_code'])
  ) {
    const { country } = draft.personal;
    if (typeof country === 'string' && country.length === 2) draft.country = country;
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
 * The ids as they came, for pixels whose browser side does not hash them either. An e-mail address
 * is hashed all the same, because Meta takes none in clear text.
 */
function takeRaw(draft: Draft, to: HashedUserDataField, value: unknown): boolean {
  const ids = [value].flat().slice(0, MOST_VALUES).map(textOf);
  const [first, ...others] = new Set(ids.filter((id) => id !== null && !isPlaceholder(id)));
  if (first === undefined) return false;
  if ([first, ...others].some((id) => id !== null && holdsEmail(id))) {
    return fillHashed(draft, to, value);
  }
  draft.user['external_id'] = others.length === 0 ? first : [first, ...others];
  draft.trace?.('external_id', to.path);
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
