import { type Draft, warn } from './draft.ts';
import { type MappingResult, reject } from './mapping-result.ts';

/**
 * What events of business messaging and those that append to another need beyond all others; null where
 * an event has it.
 */
export function unmetRequirement(draft: Draft): MappingResult | null {
  if (draft.actionSource === 'business_messaging') {
    const missing = messagingFault(draft);
    if (missing !== null) return reject('invalid_messaging_event', missing);
    removeWebFields(draft);
  }
  const fault = draft.appends ? appendFault(draft) : null;
  return fault === null ? null : reject('incomplete_append_event', fault);
}

/**
 * The names that Meta accepts for business messaging; others are refused with subcode 2804066.
 * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/business-messaging,
 * "What type of messaging events does the Conversions API for Business Messaging support?"
 */
export const MESSAGING_EVENTS: ReadonlySet<string> = new Set([
  'Purchase',
  'LeadSubmitted',
  'InitiateCheckout',
  'AddToCart',
  'ViewContent',
  'OrderCreated',
  'OrderShipped',
  'OrderDelivered',
  'OrderCanceled',
  'OrderReturned',
  'CartAbandoned',
  'QualifiedLead',
  'RatingProvided',
  'ReviewProvided',
]);

/**
 * Channel → the fields of user_data that it needs: one of each list.
 * Source: as above, "Send Events via the Conversions API", the examples of each channel, and "`ctwa_clid`,
 * which is a required field"; the SDK knows the account of Instagram as `ig_account_id`.
 */
export const MESSAGING_CHANNELS: ReadonlyMap<string, readonly (readonly string[])[]> = new Map([
  ['whatsapp', [['ctwa_clid'], ['whatsapp_business_account_id', 'page_id']]],
  ['messenger', [['page_id'], ['page_scoped_user_id']]],
  ['instagram', [['ig_sid'], ['instagram_business_account_id', 'ig_account_id']]],
]);

function messagingFault({ eventName, serverFields, user }: Draft): string | null {
  const channel = serverFields?.messaging_channel;
  if (channel === undefined) {
    return 'a business_messaging event needs properties.messaging_channel: whatsapp, messenger or instagram';
  }
  const needed = MESSAGING_CHANNELS.get(channel);
  if (needed === undefined) {
    return 'properties.messaging_channel is none that Meta accepts: whatsapp, messenger or instagram';
  }
  if (!MESSAGING_EVENTS.has(eventName)) {
    return `Meta accepts only these events for business_messaging: ${[...MESSAGING_EVENTS].join(', ')}`;
  }
  const missing = needed.find((fields) => !fields.some((field) => user[field] !== undefined));
  if (missing === undefined || isAutomatic(serverFields, missing)) return null;
  return `a business_messaging event of ${channel} needs properties.${missing.join(' or properties.')}`;
}

/**
 * Events that Meta itself has found in the chat need no account.
 * Source: Meta, Automatic events for business messaging, the examples.
 */
function isAutomatic(serverFields: Draft['serverFields'], missing: readonly string[]): boolean {
  return (
    serverFields?.messaging_outcome_data !== undefined &&
    missing.includes('whatsapp_business_account_id')
  );
}

/** Fields of user_data that tell of a browser. */
export const WEB_FIELDS = ['client_ip_address', 'client_user_agent', 'fbc', 'fbp'] as const;

/** Fields of a browser, which the event did not happen in. Source: as above, the examples. */
function removeWebFields(draft: Draft): void {
  const { user, event } = draft;
  let removed = event.page['url'] !== undefined || event.page['referrer'] !== undefined;
  for (const field of WEB_FIELDS) {
    removed ||= user[field] !== undefined;
    delete user[field];
  }
  if (removed) warn(draft, 'web_fields_removed', 'context');
}

/**
 * Sources: https://developers.facebook.com/documentation/ads-commerce/conversions-api/guides/predicted-lifetime-value,
 * "AppendValue event parameters";
 * https://developers.facebook.com/documentation/ads-commerce/conversions-api/guides/append-attribution/reference.
 */
function appendFault({ eventName, serverFields, custom }: Draft): string | null {
  const original = serverFields?.original_event_data ?? {};
  if (original['event_name'] === undefined)
    return 'properties.original_event_data.event_name is missing';
  if (eventName === 'AppendValue') {
    if (original['order_id'] === undefined && original['event_id'] === undefined) {
      return 'properties.original_event_data needs order_id or event_id of the original event';
    }
    const hasValue = custom['predicted_ltv'] !== undefined || custom['net_revenue'] !== undefined;
    return hasValue
      ? null
      : 'an AppendValue needs properties.predicted_ltv or properties.net_revenue';
  }
  if (original['event_time'] === undefined)
    return 'properties.original_event_data.event_time is missing';
  const missing = ATTRIBUTION_NEEDS.find(
    (field) => serverFields?.attribution_data?.[field] === undefined,
  );
  return missing === undefined ? null : `properties.attribution_data.${missing} is missing`;
}

export const ATTRIBUTION_NEEDS = [
  'ad_id',
  'touchpoint_ts',
  'attribution_share',
  'attribution_value',
] as const;
