import type { FilterReason, RejectReason } from '#core/mapping/mapping-result.ts';
import type { Refusal } from './input.ts';

/** Why an event goes no further, whoever says so. */
export type AnyReason = FilterReason | RejectReason | Refusal['reason'];

/** What to do about it, for people. Settings carry the names that the configuration has for them. */
export const NEXT_STEPS: Readonly<Record<AnyReason, string>> = {
  not_track: 'Nothing to do. With sendPageViews: true, page and screen calls become PageView.',
  integration_disabled: 'Nothing to do, unless the sender meant another destination.',
  no_consent: 'Nothing to do, unless consentCategories of the pixel asks for too much.',
  no_pixel: 'Compare the event with events.where of the pixels.',
  invalid_event:
    'Each line is one Track event as a JSON object in UTF-8; jq -c . writes any JSON so.',
  invalid_settings: 'docs/configuration.md has every setting of a pixel.',
  missing_user_data:
    'Send context.traits.email or phone, a userId, properties.fbp or fbc, or the IP address with the user agent.',
  too_old:
    'Meta refuses it, and the whole request with it. --now judges it as if it were another time.',
  future: 'Look at the clock of the sender. --now judges it as if it were another time.',
  name_too_long: 'Shorten the name, or give it another one with eventMappings of the pixel.',
  invalid_action_source:
    'Take website, app, email, phone_call, chat, physical_store, system_generated, business_messaging or other; without one the defaultActionSource of the pixel counts.',
  invalid_currency:
    'Write it as in ISO 4217, such as EUR; without one the defaultCurrency of the pixel counts.',
  invalid_timestamp: 'Write it as 2026-11-20T10:00:00Z, or in Unix seconds or milliseconds.',
  missing_value: 'Send properties.revenue; with purchaseWithoutValue: zero the pixel sends 0.',
  missing_website_context:
    'Send context.userAgent and context.page.url, or let the pixel do without: requireWebsiteContext: false.',
  mapping_failed: 'This is a defect of capi-relay: report it with the event, its values replaced.',
  too_large: 'Send less with it, or raise ingest.maxMessageBytes.',
};
