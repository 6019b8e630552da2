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
  | 'partner_id'
  | 'partner_name';

interface UserDataRow {
  readonly field: HashedField | PlainField;
  /**
   * Where it stands in a Track event; the first usable one counts. Of two names in the same object
   * the one that comes first in the object counts.
   */
  readonly from: readonly string[];
  readonly source: string;
}

const SEGMENT = 'Segment, Facebook Conversions API, "Default mappings to Facebook properties"';
const SPEC = 'Segment Spec, traits and context';
const META = 'Meta, customer information parameters';

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
  {
    field: 'em',
    from: ['context.traits.email'],
    source: SEGMENT,
  },
  {
    field: 'ph',
    from: ['context.traits.phone'],
    source: SEGMENT,
  },
  {
    field: 'fn',
    from: ['context.traits.firstName', 'context.traits.first_name'],
    source: SEGMENT,
  },
  {
    field: 'ln',
    from: ['context.traits.lastName', 'context.traits.last_name'],
    source: SEGMENT,
  },
  {
    field: 'ge',
    from: ['context.traits.gender'],
    source: SPEC,
  },
  {
    field: 'db',
    from: ['context.traits.birthday'],
    source: SEGMENT,
  },
  {
    field: 'ct',
    from: ['context.traits.address.city'],
    source: SEGMENT,
  },
  {
    field: 'st',
    from: ['context.traits.address.state', 'context.traits.address.province'],
    source: SEGMENT,
  },
  {
    field: 'zp',
    from: [
      'context.traits.address.postalCode',
      'context.traits.address.postal_code',
      'context.traits.address.zip',
    ],
    source: SEGMENT,
  },
  {
    field: 'country',
    from: [
      'context.traits.address.country',
      'context.traits.address.countryCode',
      'context.traits.address.country_code',
    ],
    source: SPEC,
  },
  {
    field: 'client_ip_address',
    from: ['properties.client_ip_address', 'context.ipv6', 'context.ip'],
    source: `${SEGMENT}; "you can manually collect and send the IPv6 address"`,
  },
  {
    field: 'client_user_agent',
    from: ['properties.client_user_agent', 'context.userAgent'],
    source: `${SEGMENT}; "userAgent, ip address … manually add them to the events"`,
  },
  {
    field: 'fbc',
    from: ['properties.fbc', 'context.fbc', 'context.page.url'],
    source: `${SEGMENT}; Meta, fbp and fbc parameters`,
  },
  { field: 'fbp', from: ['properties.fbp', 'context.fbp'], source: SEGMENT },
  {
    field: 'madid',
    from: ['properties.madid', 'context.traits.madid', 'context.device.advertisingId'],
    source: `${META}; ${SPEC}`,
  },
  named('subscription_id', 'subscriptionId'),
  named('fb_login_id', 'fbLoginId'),
  named('lead_id', 'leadId'),
  named('anon_id', 'anonId'),
  named('page_id', 'pageId'),
  named('page_scoped_user_id', 'pageScopedUserId'),
  named('ctwa_clid', 'ctwaClid'),
  named('ig_account_id', 'igAccountId'),
  named('ig_sid', 'igSid'),
  named('partner_id', 'partnerId'),
  named('partner_name', 'partnerName'),
];
