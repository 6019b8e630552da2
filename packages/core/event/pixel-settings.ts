import type { Condition } from '../conditions/condition.ts';
import type { ConsentSettings } from '../consent/consent-settings.ts';
import type { EventMappingPreset } from '../mapping/event-presets.ts';
import type { ActionSource } from './server-event.ts';

/** A server event that a pixel makes of some Track events, besides the one of its event mappings. */
export interface EventRule {
  readonly when: Condition;
  /** Meta's name; null keeps that of the event mappings, for a rule with `instead`. */
  readonly eventName: string | null;
  /** True where it takes the place of the event that the event mappings give. */
  readonly instead: boolean;
  /** Shows the event on the Test Events page too; letters, digits, `_` and `-`. */
  readonly testEventCode: string | null;
}

/**
 * The settings that decide how a Track event becomes a server event of one pixel, with all defaults
 * filled in. The first ones have the names of Segment's destination settings in camelCase; the others
 * are our own.
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

  /** Further event mappings, which come after those of `eventMappings`. */
  readonly eventMappingPresets: readonly EventMappingPreset[];
  /** Server events that depend on more than the name of a Track event. */
  readonly eventRules: readonly EventRule[];
  /** ISO 3166-1 alpha-2 country of national phone numbers in events that name no country. */
  readonly defaultCountry: string | null;
  /** False sends `external_id` unchanged, without hashing. */
  readonly hashExternalId: boolean;
  /** True follows Segment's table literally, where `item_price` is an integer. */
  readonly roundItemPrices: boolean;
  /** True rejects website events without user agent or URL, which are otherwise sent with a warning. */
  readonly requireWebsiteContext: boolean;
  /** Whether a Purchase without a value is rejected or sent with 0. */
  readonly purchaseWithoutValue: 'reject' | 'zero';
  /** True builds `contents` from the product of single-product events that carry no `products`. */
  readonly contentsFromProduct: boolean;
  /** True sends page and screen calls as `PageView`. */
  readonly sendPageViews: boolean;
  /** Categories of `context.consent` that must all be true; none means no check. */
  readonly consentCategories: readonly string[];
  /** Consent that an event must carry, in any shape; null means no check. */
  readonly consent: ConsentSettings | null;
  /** Property names kept in custom_data although they are considered personal. */
  readonly customDataAllowList: readonly string[];
  /** Property names sent as hashes in custom_data. */
  readonly customDataHashList: readonly string[];
  /** Property names never sent in custom_data. */
  readonly customDataDenyList: readonly string[];
  /** Meta's field → where its value comes from instead of the usual places, as it is configured. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The defaults of Segment's destination and of our own settings. */
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
  eventMappingPresets: [],
  eventRules: [],
  defaultCountry: null,
  hashExternalId: true,
  roundItemPrices: false,
  requireWebsiteContext: false,
  purchaseWithoutValue: 'reject',
  contentsFromProduct: true,
  sendPageViews: false,
  consentCategories: [],
  consent: null,
  customDataAllowList: [],
  customDataHashList: [],
  customDataDenyList: [],
  fields: {},
};
