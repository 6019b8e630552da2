import { compilePath, readPath } from '../event/path.ts';
import type { PixelSettings } from '../event/pixel-settings.ts';
import { type FieldReader, fieldReader } from '../fields/field-reader.ts';
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

/** How a pixel reads the fields whose sources it names; null for the usual places. */
interface OwnReaders {
  readonly tracking: FieldReader<Draft, boolean> | null;
  readonly application: FieldReader<Draft, boolean> | null;
  readonly extinfo: FieldReader<Draft, unknown> | null;
  readonly named: ReadonlyMap<string, FieldReader<Draft, unknown>>;
}

/** Field of app_data → how a value is read; null for one that Meta does not accept. */
export const APP_FIELDS: ReadonlyMap<string, (value: unknown) => unknown> = new Map([
  ['advertiser_tracking_enabled', switchOf],
  ['application_tracking_enabled', switchOf],
  ['extinfo', extinfoOf],
  ...NAMED.map(([field, , read]) => [field, read] as const),
]);

function ownReaders(fields: PixelSettings['fields']): OwnReaders {
  const reader = <T>(field: string, read: (value: unknown) => T | null) =>
    fieldReader(
      fields,
      field,
      (draft: Draft, value, path) => {
        const found = read(value);
        if (found === null) warn(draft, 'invalid_property', path);
        return found ?? undefined;
      },
      `app_data.${field}`,
    );
  const named = NAMED.flatMap(([field, , read]) => {
    const found = reader(field, read);
    return found === null ? [] : [[field, found] as const];
  });
  return {
    tracking: reader('advertiser_tracking_enabled', switchOf),
    application: reader('application_tracking_enabled', switchOf),
    extinfo: reader('extinfo', extinfoOf),
    named: new Map(named),
  };
}

/** All parts, the version first; null for anything else. */
function extinfoOf(value: unknown): string[] | null {
  if (!Array.isArray(value) || value.length !== EXTINFO.length + 1) return null;
  const parts = value.map((part) => (isAbsent(part) ? '' : cleanText(part)));
  const known = parts.filter((part) => part !== null);
  const isVersion = known[0] === 'i2' || known[0] === 'a2';
  return isVersion && known.length === parts.length ? known : null;
}

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
export function createAppData(
  fields: PixelSettings['fields'],
): (draft: Draft) => Record<string, unknown> | undefined {
  const own = ownReaders(fields);
  return (draft) => (draft.actionSource === 'app' ? appDataOf(draft, own) : undefined);
}

function appDataOf(draft: Draft, own: OwnReaders): Record<string, unknown> | undefined {
  const { context } = draft.event;
  const { tracking, application } = switchesOf(draft, own);
  const data: Record<string, unknown> = {};
  if (tracking !== null) data['advertiser_tracking_enabled'] = Number(tracking);
  if (application !== null) data['application_tracking_enabled'] = Number(application);
  if (tracking === null) warn(draft, 'incomplete_app_data', 'context.device.adTrackingEnabled');
  const version = versionOf(draft);
  if (own.extinfo !== null) putOwn(draft, data, 'extinfo', own.extinfo);
  else if (version === undefined) warn(draft, 'incomplete_app_data', 'context.os.name');
  else {
    const parts = EXTINFO_STEPS.map((steps) => partOf(context, steps));
    if (parts[OS_VERSION] === '') warn(draft, 'incomplete_app_data', 'context.os.version');
    data['extinfo'] = [version, ...parts];
  }
  addNamed(draft, data, own);
  if (Object.keys(data).length === 0) return undefined;
  draft.trace?.('app_data', 'context.app, context.device, context.os');
  return data;
}

/** Whether the person allows tracking, by the device and by the app. */
function switchesOf(draft: Draft, own: OwnReaders) {
  const { device, properties } = draft.event;
  const tracking =
    own.tracking === null ? switchOf(device['adTrackingEnabled']) : (own.tracking(draft) ?? null);
  const application =
    own.application === null
      ? switchOf(properties['application_tracking_enabled'])
      : own.application(draft);
  return { tracking, application: application ?? tracking };
}

function putOwn(
  draft: Draft,
  data: Record<string, unknown>,
  field: string,
  read: FieldReader<Draft, unknown>,
): void {
  const found = read(draft) ?? null;
  if (found !== null) data[field] = found;
}

/** Adds what Segment's libraries do not collect, where the properties or the pixel name it. */
function addNamed(draft: Draft, data: Record<string, unknown>, own: OwnReaders): void {
  const { properties } = draft.event;
  for (const [field, camelCase, read] of NAMED) {
    const reader = own.named.get(field);
    if (reader !== undefined) {
      putOwn(draft, data, field, reader);
      continue;
    }
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
