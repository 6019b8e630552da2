import { z } from 'zod';

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

const COUNTRY = /^[A-Za-z]{2}$/;
const currencies = new Set(Intl.supportedValuesOf('currency'));

const currency = z
  .string()
  .transform((value) => value.trim().toUpperCase())
  .refine((value) => currencies.has(value), 'is not a currency of ISO 4217, such as USD');

/**
 * What decides how a Track event becomes a server event of one pixel. The first ones are Segment's
 * destination settings in camelCase; the others are ours.
 */
export const pixelSettingsShape = {
  eventMappings: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe('Segment event name → Meta event name ("Map Your Events to Standard FB Events")'),
  alternativeExternalIdField: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('path of the field sent as external_id, such as properties.externalId'),
  valueFieldIdentifier: z
    .string()
    .min(1)
    .default('price')
    .describe('the property that holds the value of Product Viewed and Product Added'),
  useLimitedDataUse: z.boolean().default(false).describe('send the data processing options'),
  dataProcessingOptions: z.array(z.string()).default(['LDU']).describe('["LDU"], or [] for off'),
  dataProcessingOptionsCountry: z.int().min(0).default(0).describe('0: Meta geolocates; 1: USA'),
  dataProcessingOptionsState: z
    .int()
    .min(0)
    .default(0)
    .describe('0: Meta geolocates; 1000: California'),
  defaultActionSource: z
    .enum(ACTION_SOURCES)
    .default('website')
    .describe('action_source of events that name none'),
  defaultCurrency: currency.prefault('USD').describe('currency of values that come without one'),
  defaultCountry: z
    .string()
    .regex(COUNTRY, 'is not a country code of two letters, such as US')
    .transform((value) => value.toUpperCase())
    .nullable()
    .prefault(null)
    .describe('country that completes national phone numbers when the event names none'),
  hashExternalId: z.boolean().default(true).describe('false sends external_id as it came'),
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
    .describe('build contents from the product of single-product events'),
  sendPageViews: z.boolean().default(false).describe('send page and screen calls as PageView'),
  consentCategories: z
    .array(z.string())
    .default([])
    .describe('categories of context.consent that must all be true'),
  customDataAllowList: z
    .array(z.string())
    .default([])
    .describe('properties kept in custom_data although they look personal'),
  customDataDenyList: z
    .array(z.string())
    .default([])
    .describe('properties never sent in custom_data'),
};

const pixelId = z.string().regex(/^\d+$/, 'is the digits of a pixel or dataset id, in quotes');

/** The settings of one pixel alone, as `preview` takes them: no token is needed. */
export const pixelSettingsSchema = z.strictObject({
  pixelId: pixelId.default('0'),
  accessToken: z.string().optional(),
  testEventCode: z.string().nullable().optional(),
  ...pixelSettingsShape,
});

const oneOrMany = z.union([z.string(), z.array(z.string()).min(1)]);

/** A pixel in the configuration file. */
export const pixelSchema = z.strictObject({
  pixelId: pixelId.describe('the id of the pixel or dataset'),
  accessToken: z.string().min(1).optional().describe('its access token'),
  accessTokenFile: z.string().min(1).optional().describe('a file that holds its access token'),
  testEventCode: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('sends everything to the Test Events page instead'),
  events: z
    .strictObject({
      topics: z.array(z.string().min(1)).min(1).optional().describe('only from these topics'),
      where: z
        .record(z.string(), oneOrMany)
        .optional()
        .describe('path → value, or several; all paths must match'),
    })
    .default({})
    .describe('which Track events go to this pixel; all when left out'),
  ...pixelSettingsShape,
});
