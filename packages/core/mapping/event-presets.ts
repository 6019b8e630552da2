/** One mapping of a preset. */
interface PresetRow {
  readonly from: string;
  readonly to: string;
  /** True for an event of one product before a purchase, such as Segment's Product Added. */
  readonly ofProduct: boolean;
}

function row(from: string, to: string, ofProduct = false): PresetRow {
  return { from, to, ofProduct };
}

/**
 * Mappings beyond Segment's default table, by the name under which a pixel asks for them;
 * docs/mapping.md repeats them with the source of each row.
 *
 * Sources: RudderStack, Facebook Conversions, track events (AddPaymentInfo, AddToWishlist)
 * (https://github.com/rudderlabs/rudder-transformer/blob/develop/src/v0/destinations/facebook_conversions/config.js);
 * Segment, presets of its conversion destinations
 * (https://github.com/segmentio/action-destinations/tree/main/packages/destination-actions/src/destinations,
 * tiktok-offline-conversions-sandbox and amazon-conversions-api); Segment Spec, Ecommerce v2 and B2B SaaS
 * (https://www.twilio.com/docs/segment/connections/spec/b2b-saas); Meta, standard events (https://developers.facebook.com/docs/meta-pixel/reference); Stape, event
 * names of Google Analytics 4 (https://github.com/stape-io/facebook-tag/blob/master/template.js).
 */
const PRESETS = {
  extended: [
    row('Payment Info Entered', 'AddPaymentInfo'),
    row('Product Added to Wishlist', 'AddToWishlist', true),
    row('Wishlist Product Added to Cart', 'AddToCart', true),
    row('Signed Up', 'CompleteRegistration'),
    row('Lead Generated', 'Lead'),
    row('Callback Started', 'Contact'),
    row('Application Submitted', 'SubmitApplication'),
    row('Subscription Created', 'Subscribe'),
    row('Subscription Started', 'Subscribe'),
    row('Trial Started', 'StartTrial'),
  ],
  ga4: [
    row('add_payment_info', 'AddPaymentInfo'),
    row('add_to_cart', 'AddToCart'),
    row('add_to_wishlist', 'AddToWishlist'),
    row('begin_checkout', 'InitiateCheckout'),
    row('customize_product', 'CustomizeProduct'),
    row('find_location', 'FindLocation'),
    row('generate_lead', 'Lead'),
    row('page_view', 'PageView'),
    row('sign_up', 'CompleteRegistration'),
    row('start_trial', 'StartTrial'),
    row('submit_application', 'SubmitApplication'),
    row('view_item', 'ViewContent'),
  ],
} as const satisfies Readonly<Record<string, readonly PresetRow[]>>;

export type EventMappingPreset = keyof typeof PRESETS;

export const EVENT_MAPPING_PRESETS = Object.keys(PRESETS) as readonly EventMappingPreset[];

/** The mappings of the presets that a pixel asks for, in the order in which it names them. */
export function presetRows(presets: readonly EventMappingPreset[]): readonly PresetRow[] {
  return presets.flatMap((preset): readonly PresetRow[] => PRESETS[preset]);
}
