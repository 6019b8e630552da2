import { type Fault, isJsonObject, type JsonObject, missing } from './fault.ts';

const WEB_FIELDS = ['client_ip_address', 'client_user_agent', 'fbc', 'fbp'] as const;

const CONTENT_TYPES: ReadonlySet<unknown> = new Set(['product', 'product_group']);

/**
 * What Meta accepts and finds of little use: the advice, and whether it applies to an event.
 * Sources: Meta, server event parameters, standard parameters, data processing options; app data
 * parameters; Conversions API for business messaging.
 */
const ADVICE: Readonly<Record<string, (event: JsonObject) => boolean>> = {
  'website events without client_user_agent are not used for optimisation': lacksUserAgent,
  'website events without event_source_url are not used for optimisation': lacksUrl,
  'app events need app_data with extinfo and advertiser_tracking_enabled': lacksAppData,
  'events of business messaging carry fields of a browser, which are not used': hasWebFields,
  'fbc is older than 90 days or younger than its event, and is not used': hasUntimelyClick,
  'content_type is neither product nor product_group': ({ custom_data: data }) =>
    isJsonObject(data) && 'content_type' in data && !CONTENT_TYPES.has(data['content_type']),
  'LDU is to be geolocated, and client_ip_address is missing': (event) =>
    Array.isArray(event['data_processing_options']) &&
    event['data_processing_options'].length > 0 &&
    !event['data_processing_options_country'] &&
    (event['user_data'] as JsonObject)['client_ip_address'] === undefined,
};

/** What the success answer's `messages` says: one sentence for each kind of advice. */
export function adviceFor(events: readonly JsonObject[]): string[] {
  return Object.entries(ADVICE).flatMap(([advice, applies]) => {
    const first = events.findIndex(applies);
    if (first === -1) return [];
    const count = events.filter(applies).length;
    return [`${advice} (${count} of ${events.length} events, first data[${first}])`];
  });
}

/** The strict reading: website events must have both. Source: Meta, server event parameters. */
export function websiteContext(event: JsonObject): Fault | null {
  if (lacksUserAgent(event)) return missing('client_user_agent');
  return lacksUrl(event) ? missing('event_source_url') : null;
}

function lacksUserAgent(event: JsonObject): boolean {
  return (
    event['action_source'] === 'website' &&
    (event['user_data'] as JsonObject)['client_user_agent'] === undefined
  );
}

function lacksAppData(event: JsonObject): boolean {
  if (event['action_source'] !== 'app') return false;
  const data = (event['app_data'] ?? {}) as JsonObject;
  return data['extinfo'] === undefined || data['advertiser_tracking_enabled'] === undefined;
}

const OLDEST_CLICK_S = 90 * 86_400;

/** Source: Meta, Events Manager, "Server sending expired fbclid value in fbc parameter". */
function hasUntimelyClick(event: JsonObject): boolean {
  const fbc = (event['user_data'] as JsonObject)['fbc'];
  if (typeof fbc !== 'string') return false;
  const ageS = (event['event_time'] as number) - Math.floor(Number(fbc.split('.')[2]) / 1000);
  return ageS < 0 || ageS > OLDEST_CLICK_S;
}

function hasWebFields(event: JsonObject): boolean {
  if (event['action_source'] !== 'business_messaging') return false;
  const user = event['user_data'] as JsonObject;
  return (
    event['event_source_url'] !== undefined || WEB_FIELDS.some((field) => user[field] !== undefined)
  );
}

function lacksUrl(event: JsonObject): boolean {
  return event['action_source'] === 'website' && event['event_source_url'] === undefined;
}
