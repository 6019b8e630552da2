import { ACTION_SOURCES } from '#core/event/server-event.ts';
import { type Fault, type Json, keyFault, parameterFault } from './fault.ts';
import { missing } from './listed-faults.ts';

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

export function unexpectedKey(event: Json): Fault | null {
  for (const key in event) if (!KEYS.has(key)) return keyFault([], key);
  return null;
}

/** Required; at most 50 characters. Source: Meta, standard and custom events. */
export function eventName(event: Json): Fault | null {
  const name = event['event_name'];
  if (name === undefined || name === null || name === '') return missing('event_name');
  if (typeof name !== 'string') return parameterFault(['event_name'], 'must be a string');
  if (name.length > LONGEST_NAME && Array.from(name).length > LONGEST_NAME) {
    return parameterFault(['event_name'], `must have at most ${LONGEST_NAME} characters`);
  }
  return null;
}

export function actionSource(event: Json): Fault | null {
  const source = event['action_source'];
  if (source === undefined || source === null) return missing('action_source');
  if (SOURCES.has(source)) return null;
  return parameterFault(['action_source'], `must be one of ${ACTION_SOURCES.join(', ')}`);
}

export function plainFields(event: Json): Fault | null {
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
function sourceUrl(event: Json): Fault | null {
  const url = event['event_source_url'];
  if (url === undefined) return null;
  if (typeof url !== 'string') return parameterFault(['event_source_url'], 'must be a string');
  if (event['action_source'] !== 'website' || WEB_ADDRESS.test(url)) return null;
  return parameterFault(['event_source_url'], 'must begin with http:// or https://');
}
