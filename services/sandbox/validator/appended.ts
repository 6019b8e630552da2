import { ATTRIBUTION_NEEDS } from '#core/mapping/requirements.ts';
import {
  type FieldCheck,
  filledString,
  integer,
  must,
  number,
  object,
  optional,
} from './checks.ts';
import { type Fault, type JsonObject, keyFault, missing } from './fault.ts';

const share = must('must be 0 to 1', (value) => (value as number) >= 0 && (value as number) <= 1);

/** As the SDK sends ids, and as the examples write them. */
const id: FieldCheck = (value, field) =>
  Number.isSafeInteger(value) ? null : filledString(value, field);

/** An object with these keys and no others. */
function closed(checks: Readonly<Record<string, FieldCheck>>): FieldCheck {
  const check = optional(checks);
  return object((fields) => {
    const unknown = Object.keys(fields).find((key) => !Object.hasOwn(checks, key));
    return unknown === undefined ? check(fields) : keyFault([], unknown);
  });
}

const data = optional({
  /** Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/original-event. */
  original_event_data: closed({
    event_name: filledString,
    event_time: integer,
    order_id: filledString,
    event_id: filledString,
  }),
  /** Source: facebook-python-business-sdk, facebook_business/adobjects/serverside/attribution_data.py. */
  attribution_data: closed({
    scope: filledString,
    visit_time: integer,
    ad_id: id,
    adset_id: id,
    campaign_id: id,
    attribution_share: share,
    attribution_model: filledString,
    attr_window: integer,
    attribution_value: number,
    attribution_source: filledString,
    touchpoint_type: filledString,
    touchpoint_ts: integer,
    touchpoint_id: filledString,
    attribution_method: filledString,
    decline_reason: filledString,
    auditing_token: filledString,
    linkage_key: filledString,
    attribution_setting: closed({
      inactivity_window_hours: integer,
      reattribution_window_hours: integer,
    }),
  }),
});

/** The event that an event appends to, and the attribution that it appends. */
export function appended(event: JsonObject): Fault | null {
  return data(event) ?? needs(event);
}

/**
 * Sources: https://developers.facebook.com/documentation/ads-commerce/conversions-api/guides/predicted-lifetime-value;
 * https://developers.facebook.com/documentation/ads-commerce/conversions-api/guides/append-attribution/reference.
 */
function needs(event: JsonObject): Fault | null {
  const name = event['event_name'];
  if (name !== 'AppendValue' && name !== 'AppendAttribution') return null;
  const original = (event['original_event_data'] ?? {}) as JsonObject;
  const custom = (event['custom_data'] ?? {}) as JsonObject;
  if (original['event_name'] === undefined) return missing('original_event_data.event_name');
  if (custom['currency'] === undefined) return missing('currency');
  if (name === 'AppendValue') {
    const known = original['order_id'] !== undefined || original['event_id'] !== undefined;
    if (!known) return missing('original_event_data.event_id');
    const valued = custom['predicted_ltv'] !== undefined || custom['net_revenue'] !== undefined;
    return valued ? null : missing('predicted_ltv');
  }
  if (original['event_time'] === undefined) return missing('original_event_data.event_time');
  const attribution = (event['attribution_data'] ?? {}) as JsonObject;
  const absent = ATTRIBUTION_NEEDS.find((field) => attribution[field] === undefined);
  return absent === undefined ? null : missing(`attribution_data.${absent}`);
}
