import type { ActionSource } from './server-event.ts';

/**
 * What decides how a Track event becomes a server event of one pixel. Complete: every default has
 * been filled in by whoever read the configuration. The names are those of Segment's destination
 * settings in camelCase, followed by our own.
 */
export interface PixelSettings {
  readonly pixelId: string;
  /** "Map Your Events to Standard FB Events": Segment event name → Meta event name. */
  readonly eventMappings: Readonly<Record<string, string>>;
  /** "Alternative External ID Field": a path such as `properties.externalId`. */
  readonly alternativeExternalIdField: string | null;
  /** "Value Field Identifier": the property that holds the value of pre-purchase events. */
  readonly valueFieldIdentifier: string;
  readonly useLimitedDataUse: boolean;
  readonly dataProcessingOptions: readonly string[];
  readonly dataProcessingOptionsCountry: number;
  readonly dataProcessingOptionsState: number;
  readonly defaultActionSource: ActionSource;
  /** ISO 4217, upper case. */
  readonly defaultCurrency: string;

  /** ISO 3166-1 alpha-2 country that completes national phone numbers when the event names none. */
  readonly defaultCountry: string | null;
  /** False sends `external_id` as it came, unhashed. */
  readonly hashExternalId: boolean;
  /** True keeps the letter of Segment's table, where `item_price` is an integer. */
  readonly roundItemPrices: boolean;
  /** True rejects website events without user agent or URL, which otherwise go with a warning. */
  readonly requireWebsiteContext: boolean;
  /** What becomes of a Purchase without a value. */
  readonly purchaseWithoutValue: 'reject' | 'zero';
  /** True builds `contents` from the product of single-product events that carry no `products`. */
  readonly contentsFromProduct: boolean;
  /** True sends page and screen calls as `PageView`. */
  readonly sendPageViews: boolean;
  /** Categories of `context.consent` that must all be true; none means no check. */
  readonly consentCategories: readonly string[];
  /** Property names kept in custom_data although they look like personal data. */
  readonly customDataAllowList: readonly string[];
  /** Property names never sent in custom_data. */
  readonly customDataDenyList: readonly string[];
}

/** The defaults of Segment's destination, and of what we add. */
export const DEFAULT_PIXEL_SETTINGS: Omit<PixelSettings, 'pixelId'> = {
  eventMappings: {},
  alternativeExternalIdField: null,
  valueFieldIdentifier: 'price',
  useLimitedDataUse: false,
  dataProcessingOptions: ['LDU'],
  dataProcessingOptionsCountry: 0,
  dataProcessingOptionsState: 0,
  defaultActionSource: 'website',
  defaultCurrency: 'USD',
  defaultCountry: null,
  hashExternalId: true,
  roundItemPrices: false,
  requireWebsiteContext: false,
  purchaseWithoutValue: 'reject',
  contentsFromProduct: true,
  sendPageViews: false,
  consentCategories: [],
  customDataAllowList: [],
  customDataDenyList: [],
};
