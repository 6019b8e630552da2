import {
  Content,
  CustomData,
  ServerEvent,
  type Settable,
  UserData,
} from 'facebook-nodejs-business-sdk';
import { EVENT_NAMES, type Track } from './track.ts';

/** Setter of the SDK's UserData → trait, and trait of the address. */
const TRAITS = [
  ['setEmail', 'email'],
  ['setPhone', 'phone'],
  ['setFirstName', 'firstName'],
  ['setLastName', 'lastName'],
  ['setGender', 'gender'],
  ['setDateOfBirth', 'birthday'],
] as const;
const ADDRESS = [
  ['setCity', 'city'],
  ['setState', 'state'],
  ['setZip', 'postalCode'],
] as const;

/** The SDK throws for names of countries, so that its users have to leave them out. */
const COUNTRY_CODE_LENGTH = 2;

/** Properties that have a place of their own in the SDK's objects. */
const CONSUMED = new Set(
  'revenue value currency products order_id query status fbp fbc action_source'.split(' '),
);

/**
 * The same job as Meta's Business SDK is meant to be used for it: its objects are filled from the
 * Track event by their setters, and `normalize` makes what is sent.
 *
 * @throws Error for values that the SDK does not take
 */
export function withMetaSdk(track: Track): object {
  const { properties, context } = track;
  const event = new ServerEvent();
  event['setEventName']?.(EVENT_NAMES.get(track.event) ?? track.event);
  event['setEventTime']?.(Math.floor(Date.parse(track.timestamp) / 1000));
  event['setEventId']?.(track.messageId);
  event['setActionSource']?.(properties['action_source'] ?? 'website');
  set(event, 'setEventSourceUrl', context.page?.url);
  event['setUserData']?.(userOf(track));
  event['setCustomData']?.(customOf(track));
  return event.normalize();
}

function userOf({ context, properties, userId, anonymousId }: Track): UserData {
  const user = new UserData();
  for (const [setter, trait] of TRAITS) set(user, setter, context.traits?.[trait]);
  for (const [setter, trait] of ADDRESS) set(user, setter, context.traits?.address?.[trait]);
  const country = context.traits?.address?.['country'];
  if (country?.length === COUNTRY_CODE_LENGTH) set(user, 'setCountry', country);
  set(user, 'setExternalId', userId ?? anonymousId);
  set(user, 'setClientIpAddress', context.ip);
  set(user, 'setClientUserAgent', context.userAgent);
  set(user, 'setFbp', properties['fbp']);
  set(user, 'setFbc', properties['fbc']);
  return user;
}

function customOf({ properties }: Track): CustomData {
  const custom = new CustomData();
  const value = properties['revenue'] ?? properties['value'];
  set(custom, 'setValue', value);
  set(custom, 'setCurrency', properties['currency'] ?? (value === undefined ? undefined : 'USD'));
  set(custom, 'setOrderId', properties['order_id']);
  set(custom, 'setSearchString', properties['query']);
  set(custom, 'setStatus', properties['status']);
  const { products } = properties;
  if (products !== undefined) {
    set(custom, 'setContents', products.map(contentOf));
    set(
      custom,
      'setContentIds',
      products.map((product) => product['product_id']),
    );
    set(custom, 'setContentType', 'product');
    set(custom, 'setNumItems', products.length);
  }
  const others = Object.entries(properties).filter(([name]) => !CONSUMED.has(name));
  set(custom, 'setCustomProperties', Object.fromEntries(others));
  return custom;
}

function contentOf(product: Readonly<Record<string, unknown>>): Content {
  const content = new Content();
  set(content, 'setId', product['product_id']);
  set(content, 'setQuantity', product['quantity']);
  set(content, 'setItemPrice', product['price']);
  return content;
}

function set(object: Settable, setter: string, value: unknown): void {
  if (value !== undefined) object[setter]?.(value);
}
