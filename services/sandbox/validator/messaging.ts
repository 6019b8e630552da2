import { MESSAGING_CHANNELS, MESSAGING_EVENTS } from '#core/mapping/requirements.ts';
import { object, oneOf, optional, string } from './checks.ts';
import {
  type Fault,
  INVALID_MESSAGING_EVENT,
  type JsonObject,
  MISSING_CHANNEL,
  MISSING_PAGE_ID,
  MISSING_WHATSAPP_ACCOUNT,
  missing,
} from './fault.ts';

/** What Meta says where a required field is missing; of others that it is required. */
const FAULTS: Readonly<Record<string, Fault>> = {
  page_id: MISSING_PAGE_ID,
  whatsapp_business_account_id: MISSING_WHATSAPP_ACCOUNT,
};

const fields = optional({
  messaging_channel: oneOf([...MESSAGING_CHANNELS.keys()]),
  messaging_outcome_data: object(optional({ outcome_type: string })),
});

/**
 * The rules of business messaging.
 * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/business-messaging.
 */
export function messaging(event: JsonObject): Fault | null {
  const fault = fields(event);
  if (fault !== null || event['action_source'] !== 'business_messaging') return fault;
  const needed = MESSAGING_CHANNELS.get(event['messaging_channel'] as string);
  if (needed === undefined) return MISSING_CHANNEL;
  if (!MESSAGING_EVENTS.has(event['event_name'] as string)) return INVALID_MESSAGING_EVENT;
  const user = event['user_data'] as JsonObject;
  const [absent] = needed.find((each) => !each.some((field) => user[field] !== undefined)) ?? [];
  const isAutomatic = event['messaging_outcome_data'] !== undefined;
  if (absent === undefined || (absent === 'whatsapp_business_account_id' && isAutomatic)) {
    return null;
  }
  return FAULTS[absent] ?? missing(absent);
}
