import { type Fault, isJson, type Json, parameterFault } from './fault.ts';

const EXTINFO_LENGTH = 16;
const EXTINFO_VERSIONS: ReadonlySet<unknown> = new Set(['i2', 'a2']);
const CONSENTS = ['advertiser_tracking_enabled', 'application_tracking_enabled'] as const;

/** Source: Meta, Conversions API for app events, app data parameters. */
export function appData(event: Json): Fault | null {
  const data = event['app_data'];
  if (data === undefined) return null;
  if (!isJson(data)) return parameterFault(['app_data'], 'must be an object');
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
