import { compilePath, readPath } from '../event/path.ts';
import { holdsEmail } from '../privacy/personal-data.ts';
import { type Draft, warn } from './draft.ts';
import { isAbsent, switchOf, textOf } from './scalars.ts';

/**
 * Where a Track event has the parts of `extinfo` that follow its first, the version; null where
 * Segment's libraries do not collect one. With the version there are 16, all of them required.
 * Sources: Meta, app data parameters, `extinfo`; Segment Spec, context.
 */
const EXTINFO: readonly (string | null)[] = [
  'app.namespace',
  'app.build',
  'app.version',
  'os.version',
  'device.model',
  'locale',
  null,
  'network.carrier',
  'screen.width',
  'screen.height',
  'screen.density',
  null,
  null,
  null,
  'timezone',
];

const OS_VERSION = EXTINFO.indexOf('os.version');

const EXTINFO_STEPS = EXTINFO.map((path) => (path === null ? null : compilePath(path)));

/** A text that may leave this machine: it has no e-mail address. */
function cleanText(value: unknown): string | null {
  const text = textOf(value);
  return text === null || holdsEmail(text) ? null : text;
}

function texts(value: unknown): string[] | null {
  const all = [value].flat().map(cleanText);
  const found = all.filter((text) => text !== null);
  return found.length === all.length ? found : null;
}

/**
 * Fields that properties name, as Meta has them and in camelCase. They stay in custom_data too: to other
 * senders a `vendor_id` is that of a shop.
 * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/app-data.
 */
const NAMED: readonly [field: string, camelCase: string, read: (value: unknown) => unknown][] = [
  ['campaign_ids', 'campaignIds', cleanText],
  ['install_referrer', 'installReferrer', cleanText],
  ['installer_package', 'installerPackage', cleanText],
  ['url_schemes', 'urlSchemes', texts],
  ['vendor_id', 'vendorId', cleanText],
  ['windows_attribution_id', 'windowsAttributionId', cleanText],
];

/** Operating system → the version of `extinfo`. */
const VERSIONS: ReadonlyMap<string, string> = new Map([
  ['ios', 'i2'],
  ['ipados', 'i2'],
  ['android', 'a2'],
]);

/**
 * `app_data` of an event that happened in an app; undefined where nothing is known, and for other
 * events.
 * Source: Meta, Conversions API for app events.
 */
export function appDataOf(draft: Draft): Record<string, unknown> | undefined {
  if (draft.actionSource !== 'app') return undefined;
  const { context, device, properties } = draft.event;
  const tracking = switchOf(device['adTrackingEnabled']);
  const application = switchOf(properties['application_tracking_enabled']) ?? tracking;
  const data: Record<string, unknown> = {};
  if (tracking !== null) data['advertiser_tracking_enabled'] = Number(tracking);
  if (application !== null) data['application_tracking_enabled'] = Number(application);
  const version = versionOf(draft);
  if (tracking === null) warn(draft, 'incomplete_app_data', 'context.device.adTrackingEnabled');
  if (version === undefined) warn(draft, 'incomplete_app_data', 'context.os.name');
  else {
    const parts = EXTINFO_STEPS.map((steps) => partOf(context, steps));
    if (parts[OS_VERSION] === '') warn(draft, 'incomplete_app_data', 'context.os.version');
    data['extinfo'] = [version, ...parts];
  }
  addNamed(draft, data);
  if (Object.keys(data).length === 0) return undefined;
  draft.trace?.('app_data', 'context.app, context.device, context.os');
  return data;
}

/** Adds what Segment's libraries do not collect, where the properties name it. */
function addNamed(draft: Draft, data: Record<string, unknown>): void {
  const { properties } = draft.event;
  for (const [field, camelCase, read] of NAMED) {
    const [name, value] = isAbsent(properties[field])
      ? [camelCase, properties[camelCase]]
      : [field, properties[field]];
    if (isAbsent(value)) continue;
    const found = read(value);
    if (found === null) warn(draft, 'invalid_property', `properties.${name}`);
    else data[field] = found;
  }
}

function versionOf({ event }: Draft): string | undefined {
  const name = textOf(readPath(event.context, ['os', 'name'])) ?? textOf(event.device['type']);
  return VERSIONS.get((name ?? '').toLowerCase());
}

function partOf(context: unknown, steps: readonly string[] | null): string {
  return steps === null ? '' : (textOf(readPath(context, steps)) ?? '');
}
