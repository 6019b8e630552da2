import { adviceFor, websiteContext } from './advice.ts';
import { appended } from './appended.ts';
import { customData, purchase } from './custom-data.ts';
import {
  actionSource,
  appData,
  dataProcessing,
  eventName,
  eventTime,
  plainFields,
  sourceUrl,
  unexpectedKey,
} from './event-fields.ts';
import { bodyFault, type Fault, isJsonObject, type JsonObject, parameterFault } from './fault.ts';
import { messaging } from './messaging.ts';
import { personalData } from './personal-data.ts';
import { identity, userData } from './user-data.ts';

export const MOST_EVENTS = 1000;

export interface ValidatorOptions {
  /** Unix seconds. */
  readonly now: number;
  /** Refuse website events without user agent or URL instead of advising against them. */
  readonly requireWebsiteContext: boolean;
  /** Let custom_data carry what looks like personal data. */
  readonly allowPersonalData: boolean;
}

type ValidationResult =
  | { readonly accepted: true; readonly events: readonly JsonObject[]; readonly messages: string[] }
  | { readonly accepted: false; readonly fault: Fault; readonly index: number | null };

/** Source: facebook-php-business-sdk, src/FacebookAds/Object/ServerSide/EventRequest.php, `$param_types`. */
const TEXTS = [
  'test_event_code',
  'partner_agent',
  'namespace_id',
  'upload_tag',
  'upload_id',
  'upload_source',
] as const;

type Rule = (event: JsonObject, options: ValidatorOptions) => Fault | null;

/** Applied in this order: a rule may rely on the rules before it. */
const RULES: readonly Rule[] = [
  unexpectedKey,
  eventName,
  actionSource,
  eventTime,
  plainFields,
  sourceUrl,
  userData,
  identity,
  customData,
  purchase,
  dataProcessing,
  appData,
  messaging,
  appended,
  (event, options) => (options.requireWebsiteContext ? websiteContext(event) : null),
  (event, options) => (options.allowPersonalData ? null : personalData(event)),
];

/**
 * Validates the body of a request as strictly as Meta does: one invalid event refuses them all.
 * Source: Meta, Conversions API, using the API: "we return an error for the entire request".
 */
export function validateRequest(body: unknown, options: ValidatorOptions): ValidationResult {
  const events = eventsOf(body);
  if ('kind' in events) return { accepted: false, fault: events, index: null };
  for (let index = 0; index < events.length; index++) {
    const fault = validateEvent(events[index], options);
    if (fault !== null) return { accepted: false, fault, index };
  }
  return {
    accepted: true,
    events: events as JsonObject[],
    messages: adviceFor(events as JsonObject[]),
  };
}

function eventsOf(body: unknown): readonly unknown[] | Fault {
  if (!isJsonObject(body)) return bodyFault('The request body must be a JSON object.');
  const { data } = body;
  if (data === undefined) return bodyFault('The parameter data is required.');
  if (!Array.isArray(data)) return bodyFault('Param data must be an array.');
  if (data.length === 0) return bodyFault('Param data must be non-empty.');
  if (data.length > MOST_EVENTS) {
    return bodyFault(`Param data must have at most ${MOST_EVENTS} elements.`);
  }
  for (const name of TEXTS) {
    if (body[name] !== undefined && typeof body[name] !== 'string') {
      return bodyFault(`Param ${name} must be a string.`);
    }
  }
  return data;
}

function validateEvent(event: unknown, options: ValidatorOptions): Fault | null {
  if (!isJsonObject(event)) return parameterFault([], 'must be an object');
  for (const rule of RULES) {
    const fault = rule(event, options);
    if (fault !== null) return fault;
  }
  return null;
}
