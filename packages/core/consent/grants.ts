import { asObject, type Json } from '../event/track-event.ts';
import type { ConsentFormat } from './consent-settings.ts';

/** Whether a category was granted. Anything but a clear yes is a no. */
export type Grants = (category: string) => boolean;

/** More than any consent platform writes; longer values are unreadable, so that none costs much. */
const LONGEST_TEXT = 8192;
const MOST_ITEMS = 1000;

/** What an event says about consent; null when it cannot be read, which grants nothing. */
export function readGrants(value: unknown, format: ConsentFormat): Grants | null {
  const reads = (shape: ConsentFormat) => format === shape || format === 'auto';
  if (typeof value === 'string') {
    if (value.length > LONGEST_TEXT) return null;
    if (format === 'tcString') return fromTcString(value);
    return reads('text') ? fromText(value) : null;
  }
  if (Array.isArray(value)) {
    if (reads('services') && asObject(value[0]) !== null) return fromServices(value);
    return reads('list') ? fromLists(value, []) : null;
  }
  const object = asObject(value);
  if (object === null) return null;
  const lists = reads('allowedAndDenied') ? listKeysOf(object) : undefined;
  if (lists !== undefined) return fromAllowedAndDenied(object, lists);
  return reads('categories') ? fromCategories(object) : null;
}

/**
 * `{"Advertising": true}`, `{"ad_storage": "granted"}`, `{"1": true}`: category → whether granted.
 * Sources: Segment, consent object (https://segment.com/docs/privacy/consent-management/);
 * Google, consent mode (https://developers.google.com/tag-platform/security/guides/consent);
 * Cookiebot, `consent.marketing` (https://www.cookiebot.com/en/developer/);
 * IAB Europe, TCF, CMP API, `TCData.purpose.consents`
 * (https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework).
 */
function fromCategories(preferences: Json): Grants {
  return (category) => {
    const value = Object.hasOwn(preferences, category) ? preferences[category] : undefined;
    return value === true || value === 'granted';
  };
}

/**
 * `C0001:1,C0002:0`, or `,C0001,C0003,` with the granted ones alone, or the whole cookie, in which
 * `groups` holds the first of these. A category that is also refused in the same text is refused.
 * Sources: OneTrust, OnetrustActiveGroups and OptanonConsent
 * (https://my.onetrust.com/articles/en_US/Knowledge/UUID-66bcaaf1-c7ca-5f32-6760-c75a1337c226,
 * https://my.onetrust.com/articles/en_US/Knowledge/UUID-2dc719a8-4be5-8d16-1dc8-c7b4147b88e0);
 * Didomi, `didomiPurposesEnabled`
 * (https://developers.didomi.io/cmp/web-sdk/third-parties/tags-management/events-and-variables).
 */
function fromText(text: string): Grants | null {
  const groups = text.includes('groups=') ? new URLSearchParams(text).getAll('groups') : [text];
  const [only, ...others] = groups;
  if (only === undefined || others.length > 0) return null;
  const items = only
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  const isMarked = items.some((item) => item.includes(':'));
  if (!isMarked) return fromLists(items, []);
  if (!items.every((item) => /:[01]$/.test(item))) return null;
  const marked = (mark: string): string[] =>
    items.filter((item) => item.endsWith(mark)).map((item) => item.slice(0, -mark.length));
  return fromLists(marked(':1'), marked(':0'));
}

/** The keys of the two lists: RudderStack's, and Didomi's. */
const LISTS = [
  ['allowedConsentIds', 'deniedConsentIds'],
  ['enabled', 'disabled'],
] as const;

/** The keys of an object that holds two lists; undefined for categories, also for some of such names. */
function listKeysOf(object: Json): (typeof LISTS)[number] | undefined {
  const isList = (key: string) => Object.hasOwn(object, key) && idsOf(object[key]) !== null;
  return LISTS.find((keys) => keys.some(isList));
}

/**
 * `{"allowedConsentIds": […], "deniedConsentIds": […]}` or `{"enabled": […], "disabled": […]}`. A
 * category in both lists is refused. The event's own `resolutionStrategy` does not count: the pixel
 * decides between all and any.
 * Sources: RudderStack, `context.consentManagement`
 * (https://www.rudderstack.com/docs/data-governance/consent-management/passing-consent/), whose SDK
 * also writes the allowed ones as an object of id → name
 * (https://github.com/rudderlabs/rudder-sdk-js, oneTrustConsentManager); Didomi,
 * `getUserStatus().purposes.consent`
 * (https://developers.didomi.io/cmp/mobile-sdk/react-native/reference/deprecated).
 */
function fromAllowedAndDenied(
  object: Json,
  [allowed, denied]: (typeof LISTS)[number],
): Grants | null {
  return fromLists(idsOf(object[allowed] ?? []), idsOf(object[denied] ?? []));
}

/** The items of a list, or the ids of an object of id → name. */
function idsOf(list: unknown): readonly unknown[] | null {
  if (Array.isArray(list)) return list;
  const names = asObject(list);
  const hasNames = names !== null && Object.values(names).every((name) => typeof name === 'string');
  return hasNames ? Object.keys(names) : null;
}

/** Lists of texts or whole numbers, such as the purposes of the TCF; any other item spoils them. */
function fromLists(
  allowed: readonly unknown[] | null,
  denied: readonly unknown[] | null,
): Grants | null {
  const yes = textsOf(allowed);
  const no = textsOf(denied);
  return yes === null || no === null ? null : (category) => yes.has(category) && !no.has(category);
}

function textsOf(items: readonly unknown[] | null): ReadonlySet<string> | null {
  if (items === null || items.length > MOST_ITEMS) return null;
  const isItem = (item: unknown) => typeof item === 'string' || Number.isSafeInteger(item);
  return items.every(isItem) ? new Set(items.map((item) => String(item).trim())) : null;
}

/**
 * `[{"templateId": "…", "dataProcessor": "Facebook Pixel", "status": true}]`: a service is granted by
 * its id or its name, if every entry of it says true.
 * Source: Usercentrics, UsercentricsServiceConsent
 * (https://docs.usercentrics.com/cmp_in_app_sdk/latest/api/usercentrics-event).
 */
function fromServices(services: readonly unknown[]): Grants | null {
  if (services.length > MOST_ITEMS) return null;
  return (category) => {
    const entries = services.map(asObject).filter((service) => isNamed(service, category));
    return entries.length > 0 && entries.every((service) => service?.['status'] === true);
  };
}

function isNamed(service: Json | null, category: string): boolean {
  return service?.['templateId'] === category || service?.['dataProcessor'] === category;
}

/** Positions in the core of a TC string, in bits. */
const VERSION_BITS = 6;
const PURPOSES_AT = 152;
const PURPOSES = 24;
const TCF_VERSION = 2;
const BASE64URL = /^[\w-]+$/;

/**
 * The purposes for which a TC string says consent, as `1` to `24`: version (6 bits), created (36),
 * last updated (36), CMP id, version and screen (30), language (12), vendor list (12), policy (6), two
 * flags, special features (12), purposes (24). Vendors and legitimate interest do not count.
 * Source: IAB Tech Lab, Consent string and vendor list formats v2, "The Core String"
 * (https://github.com/InteractiveAdvertisingBureau/GDPR-Transparency-and-Consent-Framework/blob/master/TCFv2/IAB%20Tech%20Lab%20-%20Consent%20string%20and%20vendor%20list%20formats%20v2.md).
 */
function fromTcString(text: string): Grants | null {
  const [core = ''] = text.trim().split('.', 1);
  if (!BASE64URL.test(core)) return null;
  const bytes = Buffer.from(core, 'base64url');
  if (bytes.length * 8 < PURPOSES_AT + PURPOSES) return null;
  if (bytes.readUInt8(0) >> (8 - VERSION_BITS) !== TCF_VERSION) return null;
  const purposes = bytes.readUIntBE(PURPOSES_AT / 8, PURPOSES / 8);
  return (category) => {
    const purpose = /^[1-9]\d?$/.test(category) ? Number(category) : 0;
    return purpose > 0 && purpose <= PURPOSES && ((purposes >> (PURPOSES - purpose)) & 1) === 1;
  };
}
