import { CLOCK_SKEW_S } from '#core/event/horizon.ts';
import { ACTION_SOURCES } from '#core/event/server-event.ts';
import {
  arrayOf,
  boolean,
  filledString,
  items,
  must,
  object,
  oneOf,
  optional,
  string,
  within,
} from './checks.ts';
import {
  type Fault,
  IN_FUTURE,
  type JsonObject,
  keyFault,
  missing,
  parameterFault,
  TOO_OLD,
  TOO_OLD_IN_STORE,
} from './fault.ts';

const LONGEST_NAME = 50;
const WEB_ADDRESS = /^https?:\/\/[^\s/]/i;

/**
 * Every key that a server event may have.
 * Source: Meta, server event parameters; original event data; append attribution; business SDK.
 */
const KEYS: ReadonlySet<string> = new Set([
  'event_name',
  'event_time',
  'event_id',
  'event_source_url',
  'action_source',
  'user_data',
  'custom_data',
  'app_data',
  'opt_out',
  'referrer_url',
  'data_processing_options',
  'data_processing_options_country',
  'data_processing_options_state',
  'original_event_data',
  'attribution_data',
  'customer_segmentation',
  'messaging_channel',
  'messaging_outcome_data',
  'advanced_measurement_table',
  'extinfo',
]);

export function unexpectedKey(event: JsonObject): Fault | null {
  for (const key in event) if (!KEYS.has(key)) return keyFault([], key);
  return null;
}

/** Required; at most 50 characters. Source: Meta, standard and custom events. */
export function eventName(event: JsonObject): Fault | null {
  const name = event['event_name'];
  if (name === undefined || name === null || name === '') return missing('event_name');
  if (typeof name !== 'string') return parameterFault(['event_name'], 'must be a string');
  if (name.length > LONGEST_NAME && Array.from(name).length > LONGEST_NAME) {
    return parameterFault(['event_name'], `must have at most ${LONGEST_NAME} characters`);
  }
  return null;
}

const isSource = oneOf(ACTION_SOURCES);

export function actionSource(event: JsonObject): Fault | null {
  const source = event['action_source'];
  if (source === undefined || source === null) return missing('action_source');
  return within('action_source', isSource(source, 'action_source'));
}

export const plainFields = optional({
  event_id: filledString,
  opt_out: boolean,
  referrer_url: string,
  event_source_url: string,
});

/** "The URL must begin with http:// or https://". Source: Meta, server event parameters. */
export function sourceUrl(event: JsonObject): Fault | null {
  const url = event['event_source_url'] as string | undefined;
  if (url === undefined || event['action_source'] !== 'website') return null;
  if (WEB_ADDRESS.test(url)) return null;
  return parameterFault(['event_source_url'], 'must begin with http:// or https://');
}

const DAY_S = 86_400;
const WINDOW_S = 7 * DAY_S;
const STORE_WINDOW_S = 62 * DAY_S;

/**
 * Whole Unix seconds, at most 7 days old (62 for `physical_store`) and not in the future.
 * Source: Meta, server event parameters, `event_time`.
 *
 * @param now Unix seconds
 */
export function eventTime(event: JsonObject, { now }: { readonly now: number }): Fault | null {
  const time = event['event_time'];
  if (time === undefined || time === null) return missing('event_time');
  if (!Number.isSafeInteger(time)) return parameterFault(['event_time'], 'must be an integer');
  const age = now - (time as number);
  if (age < -CLOCK_SKEW_S) return IN_FUTURE;
  const inStore = event['action_source'] === 'physical_store';
  if (age <= (inStore ? STORE_WINDOW_S : WINDOW_S)) return null;
  return inStore ? TOO_OLD_IN_STORE : TOO_OLD;
}

/**
 * `[]` or `["LDU"]`; country 0 (Meta geolocates) or 1 (USA); state 0 or a state's number.
 * Source: Meta, data processing options for US users.
 */
export const dataProcessing = optional({
  data_processing_options: must(
    'must be [] or ["LDU"]',
    (value) => Array.isArray(value) && value.length <= 1 && value.every((one) => one === 'LDU'),
  ),
  data_processing_options_country: must('must be 0 or 1', (value) => value === 0 || value === 1),
  data_processing_options_state: must(
    'must be 0 or 1000 and up',
    (value) => value === 0 || (Number.isSafeInteger(value) && inStates(value as number)),
  ),
});

function inStates(state: number): boolean {
  return state >= 1000 && state < 2000;
}

const EXTINFO_LENGTH = 16;
const isVersion = must('must be i2 or a2', (value) => value === 'i2' || value === 'a2');
const consent = must('must be 0 or 1', (value) => [0, 1, false, true].includes(value as number));
const isExtinfo = must(
  `must be an array of ${EXTINFO_LENGTH} elements`,
  (value) => Array.isArray(value) && value.length === EXTINFO_LENGTH,
);

/** Source: Meta, Conversions API for app events, app data parameters. */
export const appData = optional({
  app_data: object(
    optional({
      advertiser_tracking_enabled: consent,
      application_tracking_enabled: consent,
      campaign_ids: string,
      install_referrer: string,
      installer_package: string,
      url_schemes: arrayOf(string),
      vendor_id: string,
      windows_attribution_id: string,
      extinfo: (value, field) =>
        isExtinfo(value, field) ??
        within(0, isVersion((value as unknown[])[0], field)) ??
        items(value as unknown[], string),
    }),
  ),
});
