import type { HashedField } from '../event/server-event.ts';

/** Fields of `user_data` that are sent as they are. Source: Meta, customer information parameters. */
export type PlainField =
  | 'client_ip_address'
  | 'client_user_agent'
  | 'fbc'
  | 'fbp'
  | 'subscription_id'
  | 'fb_login_id'
  | 'lead_id'
  | 'anon_id'
  | 'madid'
  | 'page_id'
  | 'page_scoped_user_id'
  | 'ctwa_clid'
  | 'ig_account_id'
  | 'ig_sid'
  | 'whatsapp_business_account_id'
  | 'instagram_business_account_id'
  | 'app_user_id'
  | 'partner_id'
  | 'partner_name';

interface UserDataRow {
  readonly field: HashedField | PlainField;
  /**
   * Its paths in a Track event; the first usable value counts. Of two names in the same object, the one
   * that comes first in the object counts.
   */
  readonly from: readonly string[];
  readonly source: string;
}

const SEGMENT = 'Segment, Facebook Conversions API, "Default mappings to Facebook properties"';
const SPEC = 'Segment Spec, traits and context';
const META = 'Meta, customer information parameters';

function row(field: UserDataRow['field'], source: string, ...from: string[]): UserDataRow {
  return { field, from, source };
}

/** A field that Segment's table lacks, under Meta's name or in camelCase. */
function named(field: PlainField, camelCase: string): UserDataRow {
  const from = ['properties', 'context.traits'].flatMap((place) => [
    `${place}.${field}`,
    `${place}.${camelCase}`,
  ]);
  return { field, from, source: META };
}

/** One row for each field of Segment's table, and for each that Meta has beyond it. */
export const USER_DATA: readonly UserDataRow[] = [
  row('em', SEGMENT, 'context.traits.email'),
  row('ph', SEGMENT, 'context.traits.phone'),
  row('fn', SEGMENT, 'context.traits.firstName', 'context.traits.first_name'),
  row('ln', SEGMENT, 'context.traits.lastName', 'context.traits.last_name'),
  row('ge', SPEC, 'context.traits.gender'),
  row('db', SEGMENT, 'context.traits.birthday'),
  row('ct', SEGMENT, 'context.traits.address.city'),
  row('st', SEGMENT, 'context.traits.address.state', 'context.traits.address.province'),
  row(
    'zp',
    SEGMENT,
    'context.traits.address.postalCode',
    'context.traits.address.postal_code',
    'context.traits.address.zip',
  ),
  row(
    'country',
    SPEC,
    'context.traits.address.country',
    'context.traits.address.countryCode',
    'context.traits.address.country_code',
  ),
  row(
    'client_ip_address',
    `${SEGMENT}; "you can manually collect and send the IPv6 address"`,
    'properties.client_ip_address',
    'context.ipv6',
    'context.ip',
  ),
  row(
    'client_user_agent',
    `${SEGMENT}; "userAgent, ip address … manually add them to the events"`,
    'properties.client_user_agent',
    'context.userAgent',
  ),
  row(
    'fbc',
    `${SEGMENT}; Meta, fbp and fbc parameters`,
    'properties.fbc',
    'context.fbc',
    'context.page.url',
  ),
  row('fbp', SEGMENT, 'properties.fbp', 'context.fbp'),
  row(
    'madid',
    `${META}; ${SPEC}`,
    'properties.madid',
    'context.traits.madid',
    'context.device.advertisingId',
  ),
  named('subscription_id', 'subscriptionId'),
  named('fb_login_id', 'fbLoginId'),
  named('lead_id', 'leadId'),
  named('anon_id', 'anonId'),
  named('page_id', 'pageId'),
  named('page_scoped_user_id', 'pageScopedUserId'),
  named('ctwa_clid', 'ctwaClid'),
  named('ig_account_id', 'igAccountId'),
  named('ig_sid', 'igSid'),
  named('whatsapp_business_account_id', 'whatsappBusinessAccountId'),
  named('instagram_business_account_id', 'instagramBusinessAccountId'),
  named('app_user_id', 'appUserId'),
  named('partner_id', 'partnerId'),
  named('partner_name', 'partnerName'),
];
