import type { FilterReason, RejectReason } from '#core/mapping/mapping-result.ts';
import type { Unmapped } from './input.ts';

/** Why an event is not delivered: the reasons of the mapping and of the preview itself. */
type AnyReason = FilterReason | RejectReason | Unmapped['reason'];

/** What to do about each reason. Settings have the names that the configuration uses. */
export const NEXT_STEPS: Readonly<Record<AnyReason, string>> = {
  not_track: 'Nothing to do. With sendPageViews: true, page and screen calls become PageView.',
  integration_disabled: 'Nothing to do, unless the sender meant another destination.',
  no_consent:
    'Nothing to do, unless consentCategories or consent of the pixel asks for too much or names another path than the event has.',
  denied: 'Nothing to do, unless events.deny of the pixel is too wide.',
  no_pixel: 'Compare the event with events.where and events.allow of the pixels.',
  invalid_event:
    'Write each Track event as a JSON object on one line, in UTF-8; jq -c . does that.',
  undecodable:
    'Compare the message with the schema that it names; capi-relay check says whether the registry answers.',
  invalid_settings: 'See docs/configuration.md for the settings of a pixel.',
  missing_user_data:
    'Send context.traits.email or phone, a userId, properties.fbp or fbc, or the IP address with the user agent.',
  too_old: 'Meta refuses it, and the whole request with it. --now maps it as of another time.',
  future: 'Check the clock of the sender. --now maps it as of another time.',
  name_too_long: 'Shorten the name, or map it to another one with eventMappings of the pixel.',
  invalid_action_source:
    'Use website, app, email, phone_call, chat, physical_store, system_generated, business_messaging or other; without one, the defaultActionSource of the pixel applies.',
  invalid_currency:
    'Use an ISO 4217 code such as EUR; without one, the defaultCurrency of the pixel applies.',
  invalid_timestamp: 'Write it as 2026-11-20T10:00:00Z, or in Unix seconds or milliseconds.',
  missing_value:
    'Send properties.revenue, or name the path of the value in fields.value of the pixel; with purchaseWithoutValue: zero the pixel sends 0.',
  missing_website_context:
    'Send context.userAgent and context.page.url, or set requireWebsiteContext: false on the pixel.',
  invalid_messaging_event:
    'Send properties.messaging_channel and the IDs of the chat; eventMappings gives the event a name that Meta accepts there, such as LeadSubmitted.',
  incomplete_append_event:
    'Send properties.original_event_data with the name and the ID of the original event, and what is appended to it.',
  mapping_failed: 'This is a bug in capi-relay: report it with the event, and replace its values.',
  too_large: 'Send less with it, or raise ingest.maxMessageBytes.',
};
