import { compilePath, readPath } from '../event/path.ts';
import { type Draft, warn } from './draft.ts';
import { switchOf, textOf } from './scalars.ts';

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

const EXTINFO_STEPS = EXTINFO.map((path) => (path === null ? null : compilePath(path)));

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
export function appDataOf(draft: Draft, actionSource: string): Record<string, unknown> | undefined {
  if (actionSource !== 'app') return undefined;
  const { context, device, properties } = draft.event;
  const tracking = switchOf(device['adTrackingEnabled']);
  const application = switchOf(properties['application_tracking_enabled']) ?? tracking;
  const data: Record<string, unknown> = {};
  if (tracking !== null) data['advertiser_tracking_enabled'] = Number(tracking);
  if (application !== null) data['application_tracking_enabled'] = Number(application);
  const version = versionOf(draft);
  if (version === undefined) warn(draft, 'incomplete_app_data', 'context.os.name');
  else data['extinfo'] = [version, ...EXTINFO_STEPS.map((steps) => partOf(context, steps))];
  if (Object.keys(data).length === 0) return undefined;
  draft.trace?.('app_data', 'context.app, context.device, context.os');
  return data;
}

function versionOf({ event }: Draft): string | undefined {
  const name = textOf(readPath(event.context, ['os', 'name'])) ?? textOf(event.device['type']);
  return VERSIONS.get((name ?? '').toLowerCase());
}

function partOf(context: unknown, steps: readonly string[] | null): string {
  return steps === null ? '' : (textOf(readPath(context, steps)) ?? '');
}
