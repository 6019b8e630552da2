import { asObject, type Json } from '#core/event/track-event.ts';
import {
  filled,
  type ImportResult,
  importAll,
  lettersOf,
  PixelDraft,
  search,
  textsIn,
} from './import-result.ts';

/*
 * Destinations of RudderStack: its API (`type`, `config`), a workspace configuration
 * (`destinationDefinition.name`, `config`), or the configuration alone.
 * Sources: https://github.com/rudderlabs/rudder-integrations-config, facebook_conversions/schema.json;
 * https://github.com/rudderlabs/rudder-transformer, facebook_conversions/transform.js and config.js;
 * https://github.com/rudderlabs/rudder-server, processor/consent.go.
 */

const TYPE = 'facebookconversions';

/** What RudderStack maps beyond Segment's table, which is ours. */
const DEFAULTS: Readonly<Record<string, string>> = {
  'Payment Info Entered': 'AddPaymentInfo',
  'Product Added to Wishlist': 'AddToWishlist',
};

const IN_THE_BROWSER =
  'RudderStack applies it in device mode only, which this destination does not have';

const WHY_DROPPED: ReadonlyMap<string, string> = new Map([
  ['removeExternalId', 'external_id is always sent, hashed; no setting leaves it out'],
  ['whitelistedEvents', IN_THE_BROWSER],
  ['blacklistedEvents', IN_THE_BROWSER],
  [
    'categoryToContent',
    'content_type is product where there are contents; send properties.content_type for another one',
  ],
]);

/** Settings that say nothing about events. */
const IGNORED = new Set([
  ...['accessToken', 'connectionMode', 'eventFilteringOption', 'eventDelivery', 'eventDeliveryTS'],
  ...['testDestination', 'testEventCode', 'datasetId', 'eventsToEvents', 'actionSource'],
  ...['blacklistPiiProperties', 'whitelistPiiProperties', 'limitedDataUSage'],
  ...['consentManagement', 'oneTrustCookieCategories', 'ketchConsentPurposes'],
]);

/** Destinations in files of RudderStack, as pixels. */
export function importFromRudderstack(files: readonly unknown[]): ImportResult {
  const read = ({ title: key, name, type, enabled, config }: Destination) => {
    if (type !== TYPE) return { key, why: 'is not a Facebook Conversions destination' };
    return enabled ? pixelOf(key, name, config) : { key, why: 'is disabled' };
  };
  const destinations = search(files, destinationOf);
  return importAll(destinations, read, 'has no dataset ID of digits in datasetId');
}

interface Destination {
  readonly title: string;
  /** Null where it has none. */
  readonly name: string | null;
  /** As lower-case letters. */
  readonly type: string;
  readonly enabled: boolean;
  readonly config: Json;
}

function destinationOf(object: Json): Destination | null {
  if (object['datasetId'] !== undefined) {
    const title = 'Facebook Conversions';
    return { title, name: null, type: TYPE, enabled: true, config: object };
  }
  const config = asObject(object['config'] ?? object['Config']);
  const definition = asObject(object['destinationDefinition'] ?? object['DestinationDefinition']);
  const type = filled(definition?.['name'] ?? definition?.['Name'] ?? object['type']);
  if (config === null || type === null) return null;
  const name = filled(object['name'] ?? object['Name']);
  const enabled = object['enabled'] ?? object['isEnabled'] ?? object['Enabled'];
  return {
    title: name ?? 'a destination without a name',
    name,
    type: lettersOf(type),
    enabled: enabled !== false,
    config,
  };
}

function pixelOf(title: string, name: string | null, config: Json): PixelDraft {
  const draft = new PixelDraft(title, name);
  draft.carry('pixelId', filled(config['datasetId']), 'datasetId');
  draft.carry('sendPageViews', true, 'page and screen calls, which RudderStack sends as PageView');
  draft.carry('defaultActionSource', filled(config['actionSource']), 'actionSource');
  const code = config['testDestination'] === true ? filled(config['testEventCode']) : null;
  draft.carry('testEventCode', code, 'testEventCode');
  carryEvents(draft, config['eventsToEvents']);
  carryPersonal(draft, config);
  if (config['limitedDataUSage'] === true) {
    draft.carry(
      'useLimitedDataUse',
      true,
      'limitedDataUSage; for every event, not only for those with context.dataProcessingOptions',
    );
    draft.drop(
      'limitedDataUSage',
      "context.dataProcessingOptions is not read; send integrations['Facebook Conversions API'].dataProcessingOptions",
    );
  }
  carryConsent(draft, config);
  const others = Object.entries(config).filter(([key]) => !IGNORED.has(key));
  draft.dropRest(Object.fromEntries(others), WHY_DROPPED);
  return draft;
}

function carryEvents(draft: PixelDraft, list: unknown): void {
  const mappings = new Map<string, string>();
  for (const row of Array.isArray(list) ? list : []) {
    const [from, to] = [filled(asObject(row)?.['from']), filled(asObject(row)?.['to'])];
    if (from !== null && to !== null) mappings.set(from, to);
  }
  const names = new Set([...mappings.keys()].map((name) => name.toLowerCase()));
  for (const [from, to] of Object.entries(DEFAULTS)) {
    if (!names.has(from.toLowerCase())) mappings.set(from, to);
  }
  draft.carry(
    'eventMappings',
    Object.fromEntries(mappings),
    'eventsToEvents, and what RudderStack maps by itself',
  );
}

function carryPersonal(draft: PixelDraft, config: Json): void {
  const listed = 'blacklistPiiProperties';
  const list = config[listed];
  const rows: readonly unknown[] = Array.isArray(list) ? list : [];
  const isHashed = (row: unknown) => asObject(row)?.['blacklistPiiHash'] === true;
  const denied = rows.filter((row) => !isHashed(row));
  draft.carry(
    'customDataHashList',
    textsIn(rows.filter(isHashed), listed),
    `${listed} with blacklistPiiHash`,
  );
  draft.carry('customDataDenyList', textsIn(denied, listed), listed);
  const allowed = 'whitelistPiiProperties';
  draft.carry('customDataAllowList', textsIn(config[allowed], allowed), allowed);
}

/** One group of consents: the categories, and whether any of them suffices. */
interface ConsentGroup {
  readonly categories: readonly string[];
  readonly any: boolean;
}

/**
 * The consents of a destination. Where groups differ, all categories of all of them are required: too
 * little is sent then, rather than too much.
 */
function carryConsent(draft: PixelDraft, config: Json): void {
  const groups = consentGroups(config).filter(({ categories }) => categories.length > 0);
  const distinct = new Map(groups.map((group) => [JSON.stringify(group), group]));
  const [only, ...others] = distinct.values();
  if (only === undefined) return;
  const categories = [...new Set(groups.flatMap((group) => group.categories))];
  const any = others.length === 0 && only.any;
  const setting = { [any ? 'anyOf' : 'allOf']: categories, paths: ['context.consentManagement'] };
  draft.carry(
    'consent',
    setting,
    'consentManagement; here a category must be allowed, not only not denied',
  );
  if (others.length > 0) {
    draft.drop(
      'consentManagement',
      'its groups differ by source or provider; all of their categories are required',
    );
  }
}

function consentGroups(config: Json): ConsentGroup[] {
  const groups = flat(config['consentManagement']).map((group): ConsentGroup => {
    const { provider, resolutionStrategy, consents } = asObject(group) ?? {};
    const any = provider === 'ketch' || (provider === 'custom' && resolutionStrategy === 'or');
    return { categories: textsIn(consents, 'consent'), any };
  });
  if (groups.some(({ categories }) => categories.length > 0)) return groups;
  return [
    {
      categories: textsIn(flat(config['oneTrustCookieCategories']), 'oneTrustCookieCategory'),
      any: false,
    },
    { categories: textsIn(flat(config['ketchConsentPurposes']), 'purpose'), any: true },
  ];
}

/** A list, or the lists of an object with one for each type of source. */
function flat(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return Object.values(asObject(value) ?? {}).flatMap((list) => (Array.isArray(list) ? list : []));
}
