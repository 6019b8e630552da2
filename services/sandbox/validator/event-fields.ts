import { CLOCK_SKEW_S } from '#core/event/horizon.ts';
import { ACTION_SOURCES } from '#core/event/server-event.ts';
import {
  type Fault,
  IN_FUTURE,
  isJsonObject,
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
  'advanced_measurement_table',
  'extinfo',
]);

const SOURCES: ReadonlySet<unknown> = new Set(ACTION_SOURCES);

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

export function actionSource(event: JsonObject): Fault | null {
  const source = event['action_source'];
  if (source === undefined || source === null) return missing('action_source');
  if (SOURCES.has(source)) return null;
  return parameterFault(['action_source'], `must be one of ${ACTION_SOURCES.join(', ')}`);
}

export function plainFields(event: JsonObject): Fault | null {
  const id = event['event_id'];
  if (id !== undefined && (typeof id !== 'string' || id === '')) {
    return parameterFault(['event_id'], 'must be a non-empty string');
  }
  const optOut = event['opt_out'];
  if (optOut !== undefined && typeof optOut !== 'boolean') {
    return parameterFault(['opt_out'], 'must be a boolean');
  }
  const referrer = event['referrer_url'];
  if (referrer !== undefined && typeof referrer !== 'string') {
    return parameterFault(['referrer_url'], 'must be a string');
  }
  return sourceUrl(event);
}

/** "The URL must begin with http:// or https://". Source: Meta, server event parameters. */
function sourceUrl(event: JsonObject): Fault | null {
  const url = event['event_source_url'];
  if (url === undefined) return null;
  if (typeof url !== 'string') return parameterFault(['event_source_url'], 'must be a string');
  if (event['action_source'] !== 'website' || WEB_ADDRESS.test(url)) return null;
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
export function dataProcessing(event: JsonObject): Fault | null {
  const options = event['data_processing_options'];
  if (options !== undefined && !isOptions(options)) {
    return parameterFault(['data_processing_options'], 'must be [] or ["LDU"]');
  }
  const country = event['data_processing_options_country'];
  if (country !== undefined && country !== 0 && country !== 1) {
    return parameterFault(['data_processing_options_country'], 'must be 0 or 1');
  }
  const state = event['data_processing_options_state'];
  if (state !== undefined && state !== 0 && !isState(state)) {
    return parameterFault(['data_processing_options_state'], 'must be 0 or 1000 and up');
  }
  return null;
}

function isOptions(value: unknown): boolean {
  return Array.isArray(value) && (value.length === 0 || (value.length === 1 && value[0] === 'LDU'));
}

function isState(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1000 && (value as number) < 2000;
}

const EXTINFO_LENGTH = 16;
const EXTINFO_VERSIONS: ReadonlySet<unknown> = new Set(['i2', 'a2']);
const CONSENTS = ['advertiser_tracking_enabled', 'application_tracking_enabled'] as const;

/** Source: Meta, Conversions API for app events, app data parameters. */
export function appData(event: JsonObject): Fault | null {
  const data = event['app_data'];
  if (data === undefined) return null;
  if (!isJsonObject(data)) return parameterFault(['app_data'], 'must be an object');
  for (const field of CONSENTS) {
    if (data[field] !== undefined && !isSwitch(data[field])) {
      return parameterFault(['app_data', field], 'must be 0 or 1');
    }
  }
  return data['extinfo'] === undefined ? null : extinfo(data['extinfo']);
}

function isSwitch(value: unknown): boolean {
  return value === 0 || value === 1 || value === false || value === true;
}

function extinfo(value: unknown): Fault | null {
  const place = ['app_data', 'extinfo'];
  if (!Array.isArray(value) || value.length !== EXTINFO_LENGTH) {
    return parameterFault(place, `must be an array of ${EXTINFO_LENGTH} elements`);
  }
  if (!EXTINFO_VERSIONS.has(value[0])) return parameterFault([...place, 0], 'must be i2 or a2');
  const at = value.findIndex((part) => typeof part !== 'string');
  return at === -1 ? null : parameterFault([...place, at], 'must be a string');
}
