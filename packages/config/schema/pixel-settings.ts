import { z } from 'zod';
import { says, text, textOrNone } from './values.ts';

/** Source: Meta, Conversions API, server event parameters, `action_source`. */
const ACTION_SOURCES = [
  'website',
  'app',
  'email',
  'phone_call',
  'chat',
  'physical_store',
  'system_generated',
  'business_messaging',
  'other',
] as const;

/** Meta refuses longer event names. Source: Meta, Conversions API, `event_name`. */
const LONGEST_NAME = 50;

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Assigned codes of ISO 3166-1 have a name; private ones are their own name. */
const REGION_NAMES = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

const currency = z
  .string()
  .transform((value) => value.trim().toUpperCase())
  .refine((value) => CURRENCIES.has(value), {
    error: says('is not a currency of ISO 4217', 'write it like USD'),
  });

const country = z
  .string()
  .transform((value) => value.trim().toUpperCase())
  .refine((value) => /^[A-Z]{2}$/.test(value) && REGION_NAMES.of(value) !== undefined, {
    error: says('is not a country of ISO 3166-1', 'write its two letters, like US'),
  });

/** Source: Meta, data processing options for US users. */
const dataProcessingOption = z
  .string()
  .regex(/^LDU$/, says('is no option that Meta knows', 'write ["LDU"], or [] for none'));

const state = z
  .int()
  .min(0)
  .refine((value) => value === 0 || value >= 1000, {
    error: says('is not a state', 'write 0 for any, or a number such as 1000 for California'),
  });

/** Segment's destination settings in camelCase. */
const segmentSettings = {
  eventMappings: z
    .record(z.string(), text().max(LONGEST_NAME))
    .default({})
    .describe('Segment event name → Meta event name ("Map Your Events to Standard FB Events")'),
  alternativeExternalIdField: textOrNone().describe(
    'path of the field that is sent as external_id, such as properties.externalId',
  ),
  valueFieldIdentifier: text()
    .default('price')
    .describe('property that holds the value of events before a purchase'),
  useLimitedDataUse: z.boolean().default(false).describe('send the data processing options'),
  dataProcessingOptions: z
    .array(dataProcessingOption)
    .default(['LDU'])
    .describe('["LDU"] for Limited Data Use, [] for none'),
  dataProcessingOptionsCountry: z
    .int()
    .min(0)
    .max(1)
    .default(0)
    .describe('0: Meta geolocates; 1: USA'),
  dataProcessingOptionsState: state.default(0).describe('0: Meta geolocates; 1000: California'),
  defaultActionSource: z
    .enum(ACTION_SOURCES)
    .default('website')
    .describe('action_source of events that name none'),
  defaultCurrency: currency.prefault('USD').describe('currency of values that come without one'),
};

const ownSettings = {
  defaultCountry: country
    .nullable()
    .prefault(null)
    .describe('country that completes national phone numbers when the event names none'),
  hashExternalId: z
    .boolean()
    .default(true)
    .describe('false sends external_id as it came, unless it is an e-mail address'),
  roundItemPrices: z
    .boolean()
    .default(false)
    .describe("true sends item_price as an integer, the letter of Segment's table"),
  requireWebsiteContext: z
    .boolean()
    .default(false)
    .describe('true rejects website events without user agent or URL'),
  purchaseWithoutValue: z
    .enum(['reject', 'zero'])
    .default('reject')
    .describe('what becomes of a Purchase without a value'),
  contentsFromProduct: z
    .boolean()
    .default(true)
    .describe('build contents from the product of events about one product'),
  sendPageViews: z.boolean().default(false).describe('send page and screen calls as PageView'),
  consentCategories: z
    .array(text())
    .default([])
    .describe('categories of context.consent that must all be true'),
  customDataAllowList: z
    .array(text())
    .default([])
    .describe('properties kept in custom_data although they look personal'),
  customDataDenyList: z
    .array(text())
    .default([])
    .describe('properties that are never sent in custom_data'),
};

/** What decides how a Track event becomes a server event of one pixel, each with its default. */
export const pixelSettings = { ...segmentSettings, ...ownSettings };
