import type { PlainEvent } from '../event/server-event.ts';
import { asObject } from '../event/track-event.ts';
import { hashPersonal } from '../privacy/hash.ts';
import { holdsEmail } from '../privacy/personal-data.ts';
import { type Draft, warn } from './draft.ts';
import type { EventName } from './event-name.ts';
import { timeOf } from './event-time.ts';
import { countOf, isAbsent, numberOf, textOf } from './scalars.ts';

/** Reads a value; null for one that Meta does not accept. */
type Read = (value: unknown) => unknown;

/** Name in a Track event, as Meta has it or in camelCase → the field, and how it is read. */
type Fields = ReadonlyMap<string, { readonly field: string; readonly read: Read }>;

/** Fields of the server event that are objects. */
export type ServerObject = 'original_event_data' | 'attribution_data' | 'messaging_outcome_data';

function fieldsOf(rows: Readonly<Record<string, Read>>): Fields {
  return new Map(
    Object.entries(rows).flatMap(([field, read]) =>
      [field, camelCase(field)].map((name) => [name, { field, read }] as const),
    ),
  );
}

function camelCase(field: string): string {
  return field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Both spellings of a field of Meta's in the properties of a Track event. */
export function spellings(field: string): string[] {
  return [field, camelCase(field)];
}

/** Unix seconds. */
function seconds(value: unknown): number | null {
  const ms = timeOf(value);
  return ms === null ? null : Math.floor(ms / 1000);
}

/** A share between 0 and 1. */
function share(value: unknown): number | null {
  const number = numberOf(value);
  return number !== null && number >= 0 && number <= 1 ? number : null;
}

/** As `messageId` is sent, so that it is the same as that of the original event. */
function eventId(value: unknown): string | null {
  const id = textOf(value);
  return id !== null && holdsEmail(id) ? hashPersonal(id) : id;
}

/** Source: https://www.rubydoc.info/gems/facebookbusiness/FacebookAds/ServerSide/AttributionSetting (Meta's SDK). */
const ATTRIBUTION_SETTING = fieldsOf({
  inactivity_window_hours: countOf,
  reattribution_window_hours: countOf,
});

/** The windows of an attribution; null where one of them is not as Meta has it. */
function attributionSetting(value: unknown): Record<string, unknown> | null {
  const found: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(asObject(value) ?? {})) {
    const row = ATTRIBUTION_SETTING.get(name);
    const read = row?.read(given) ?? null;
    if (row === undefined || read === null) return null;
    found[row.field] = read;
  }
  return Object.keys(found).length === 0 ? null : found;
}

/**
 * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/guides/append-attribution/reference;
 * facebook-python-business-sdk, facebook_business/adobjects/serverside/attribution_data.py.
 */
const ATTRIBUTION_DATA = fieldsOf({
  scope: textOf,
  visit_time: seconds,
  ad_id: textOf,
  adset_id: textOf,
  campaign_id: textOf,
  attribution_share: share,
  attribution_model: textOf,
  attr_window: countOf,
  attribution_value: numberOf,
  attribution_source: textOf,
  touchpoint_type: textOf,
  touchpoint_ts: seconds,
  touchpoint_id: textOf,
  attribution_method: textOf,
  decline_reason: textOf,
  auditing_token: textOf,
  linkage_key: textOf,
  attribution_setting: attributionSetting,
});

/** Source: Meta, Automatic events for business messaging, `messaging_outcome_data`. */
const MESSAGING_OUTCOME_DATA = fieldsOf({ outcome_type: textOf });

/** The name that the original event had at Meta, by the mappings of the pixel. */
function originalName(names: (name: string) => Pick<EventName, 'meta'>): Read {
  return (value) => {
    const name = textOf(value);
    return name === null ? null : names(name).meta;
  };
}

/**
 * What each object holds.
 *
 * @param names as for the events of the pixel: the original event was sent under its mapped name
 */
export function serverObjects(
  names: (name: string) => Pick<EventName, 'meta'>,
): Readonly<Record<ServerObject, Fields>> {
  return {
    /** Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/original-event. */
    original_event_data: fieldsOf({
      event_name: originalName(names),
      event_time: seconds,
      order_id: textOf,
      event_id: eventId,
    }),
    attribution_data: ATTRIBUTION_DATA,
    messaging_outcome_data: MESSAGING_OUTCOME_DATA,
  };
}

/** Takes one property of a Track event into a field of the server event; false leaves it in custom_data. */
type ServerFieldRule = (draft: Draft, name: string, value: unknown) => boolean;

/**
 * The rules for properties that have a field of their own at the top level of the server event, by
 * property name in either spelling.
 *
 * @param names as for the events of the pixel: the original event was sent under its mapped name
 */
export function serverFieldRules(
  names: (name: string) => EventName,
): ReadonlyMap<string, ServerFieldRule> {
  const objects = serverObjects(names);
  const ruleOf = (field: ServerObject) => objectRule(field, objects[field]);
  const rules: readonly (readonly [string, ServerFieldRule])[] = [
    ['original_event_data', ruleOf('original_event_data')],
    ['attribution_data', ruleOf('attribution_data')],
    ['messaging_outcome_data', ofMessaging(ruleOf('messaging_outcome_data'))],
    ['messaging_channel', ofMessaging(readChannel)],
  ];
  return new Map(rules.flatMap(([field, rule]) => spellings(field).map((name) => [name, rule])));
}

/** Only business messaging has the field; elsewhere it is a property like any other. */
function ofMessaging(rule: ServerFieldRule): ServerFieldRule {
  return (draft, name, value) =>
    draft.actionSource === 'business_messaging' && rule(draft, name, value);
}

const readChannel: ServerFieldRule = (draft, name, value) => {
  const channel = textOf(value)?.toLowerCase();
  if (channel !== undefined) put(draft, 'messaging_channel', channel, name);
  return true;
};

function objectRule(field: ServerObject, fields: Fields): ServerFieldRule {
  return (draft, name, value) => {
    const found = readServerObject(draft, value, `properties.${name}`, fields);
    if (found !== null) put(draft, field, found, name);
    return true;
  };
}

function put<F extends keyof NonNullable<Draft['serverFields']>>(
  draft: Draft,
  field: F,
  value: NonNullable<PlainEvent[F]>,
  name: string,
): void {
  draft.serverFields ??= {};
  draft.serverFields[field] = value;
  draft.trace?.(field, `properties.${name}`);
}

export function readServerObject(
  draft: Draft,
  value: unknown,
  path: string,
  fields: Fields,
): Record<string, unknown> | null {
  if (isAbsent(value)) return null;
  const found: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(asObject(value) ?? { '': value })) {
    const row = fields.get(name);
    const read = row?.read(given) ?? null;
    // An unknown name is not repeated: it may be personal.
    if (row === undefined) warn(draft, 'invalid_property', path);
    else if (typeof read === 'string' && holdsEmail(read)) {
      warn(draft, 'personal_data_removed', `${path}.${name}`);
    } else if (read !== null) found[row.field] = read;
    else if (!isAbsent(given)) warn(draft, 'invalid_property', `${path}.${name}`);
  }
  return Object.keys(found).length === 0 ? null : found;
}
