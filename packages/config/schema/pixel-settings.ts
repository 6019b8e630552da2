import { z } from 'zod';
import { isHashable } from '#core/custom-data/property-rules.ts';
import { DEFAULT_PIXEL_SETTINGS as DEFAULTS } from '#core/event/pixel-settings.ts';
import { ACTION_SOURCES } from '#core/event/server-event.ts';
import { LONGEST_NAME } from '#core/mapping/event-name.ts';
import { EVENT_MAPPING_PRESETS } from '#core/mapping/event-presets.ts';
import { consentSetting } from './consent.ts';
import { eventRules } from './event-rules.ts';
import { fieldsSchema } from './fields.ts';
import { flag, says, text, textOrNone, texts } from './values.ts';

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Codes that ISO 3166-1 assigns have a name; others have none. */
const REGION_NAMES = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

const code = z.string().transform((value) => value.trim().toUpperCase());

const currency = code.refine(
  (value) => CURRENCIES.has(value),
  says('must be an ISO 4217 currency', 'write it like USD'),
);

const country = code.refine(
  (value) => /^[A-Z]{2}$/.test(value) && REGION_NAMES.of(value) !== undefined,
  says('must be an ISO 3166-1 country', 'write its two letters, like US'),
);

/** Source: Meta, data processing options for US users. */
const dataProcessingOption = z
  .string()
  .regex(/^LDU$/, says('is not an option that Meta knows', 'write ["LDU"], or [] for none'));

const state = z
  .int()
  .min(0)
  .refine(
    (value) => value === 0 || value >= 1000,
    says('must be a state', 'write 0 for any, or a number such as 1000 for California'),
  );

/** Segment's destination settings in camelCase. */
const segmentSettings = {
  eventMappings: z
    .record(z.string(), text().max(LONGEST_NAME))
    .default({ ...DEFAULTS.eventMappings })
    .describe('Segment event name → Meta event name ("Map Your Events to Standard FB Events")'),
  alternativeExternalIdField: textOrNone().describe(
    'path of the field to send as external_id, such as properties.externalId',
  ),
  valueFieldIdentifier: text()
    .default(DEFAULTS.valueFieldIdentifier)
    .describe('property that holds the value of pre-purchase events'),
  useLimitedDataUse: flag(DEFAULTS.useLimitedDataUse).describe('send the data processing options'),
  dataProcessingOptions: z
    .array(dataProcessingOption)
    .default([...DEFAULTS.dataProcessingOptions])
    .describe('["LDU"] for Limited Data Use, [] for none'),
  dataProcessingOptionsCountry: z
    .int()
    .min(0)
    .max(1)
    .default(DEFAULTS.dataProcessingOptionsCountry)
    .describe('0: Meta geolocates; 1: USA'),
  dataProcessingOptionsState: state
    .default(DEFAULTS.dataProcessingOptionsState)
    .describe('0: Meta geolocates; 1000: California'),
  defaultActionSource: z
    .enum(ACTION_SOURCES)
    .default(DEFAULTS.defaultActionSource)
    .describe('action_source of events without one'),
  defaultCurrency: currency
    .prefault(DEFAULTS.defaultCurrency)
    .describe('currency of values without one'),
};

const ownSettings = {
  eventRules,
  eventMappingPresets: z
    .array(z.enum(EVENT_MAPPING_PRESETS))
    .default([...DEFAULTS.eventMappingPresets])
    .describe(
      'further event mappings ([table](mapping.md#presets-of-further-event-mappings)); eventMappings come first',
    ),
  defaultCountry: country
    .nullable()
    .prefault(DEFAULTS.defaultCountry)
    .describe('country that completes national phone numbers of events without a country'),
  hashExternalId: flag(DEFAULTS.hashExternalId).describe(
    '`false` sends external_id unhashed, unless it is an email address',
  ),
  roundItemPrices: flag(DEFAULTS.roundItemPrices).describe(
    "`true` sends item_price as an integer, as Segment's table says",
  ),
  requireWebsiteContext: flag(DEFAULTS.requireWebsiteContext).describe(
    '`true` rejects website events without user agent or URL',
  ),
  purchaseWithoutValue: z
    .enum(['reject', 'zero'])
    .default(DEFAULTS.purchaseWithoutValue)
    .describe('how to handle a Purchase without a value'),
  contentsFromProduct: flag(DEFAULTS.contentsFromProduct).describe(
    'build contents from the properties of single-product events',
  ),
  sendPageViews: flag(DEFAULTS.sendPageViews).describe('send page and screen calls as PageView'),
  consentCategories: texts(DEFAULTS.consentCategories).describe(
    'categories of context.consent that must all be true',
  ),
  consent: consentSetting,
  customDataAllowList: texts(DEFAULTS.customDataAllowList).describe(
    'properties to keep in custom_data although they look personal',
  ),
  customDataHashList: z
    .array(
      text().refine(
        isHashable,
        says('has a field of its own', 'remove it, or put it into customDataDenyList'),
      ),
    )
    .default([...DEFAULTS.customDataHashList])
    .describe(
      'properties to send in custom_data as the SHA-256 of their normalised value ([limits](mapping.md#personal-properties))',
    ),
  customDataDenyList: texts(DEFAULTS.customDataDenyList).describe(
    'properties never to send in custom_data',
  ),
  fields: fieldsSchema,
};

/** The settings that map a Track event to a server event of one pixel. */
export const pixelSettings = { ...segmentSettings, ...ownSettings };
