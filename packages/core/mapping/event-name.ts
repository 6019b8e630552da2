import { isPrePurchaseName } from '../custom-data/value.ts';
import { withoutEmails } from '../privacy/personal-data.ts';
import { type EventMappingPreset, presetRows } from './event-presets.ts';

/**
 * Segment event name → Meta's standard event.
 * Source: Segment, Facebook Conversions API, "Default mappings to Facebook standard events".
 */
export const DEFAULT_MAPPINGS: Readonly<Record<string, string>> = {
  'Checkout Started': 'InitiateCheckout',
  'Order Completed': 'Purchase',
  'Product Added': 'AddToCart',
  'Product List Viewed': 'ViewContent',
  'Product Viewed': 'ViewContent',
  'Products Searched': 'Search',
};

/** Source: Meta, standard events. */
export const STANDARD_EVENTS: readonly string[] = `
  AddPaymentInfo AddToCart AddToWishlist CompleteRegistration Contact CustomizeProduct Donate
  FindLocation InitiateCheckout Lead PageView Purchase Schedule Search StartTrial
  SubmitApplication Subscribe ViewContent`
  .trim()
  .split(/\s+/);

/** Events that append to another one, under names that are not to be changed. */
const APPENDING: ReadonlySet<string> = new Set(['AppendValue', 'AppendAttribution']);

/** In characters. Source: Segment, "Custom event name length limit"; Meta, custom events. */
export const LONGEST_NAME = 50;

/** The form in which names are compared: case and outer spaces are ignored. */
function comparable(name: string): string {
  return name.trim().toLowerCase();
}

/** The Segment and the Meta name of an event. */
export interface EventName {
  /** In the form in which names are compared. */
  readonly segment: string;
  /** As it is sent to Meta; null when it is longer than Meta allows. */
  readonly meta: string | null;
  /** True for an event of one product before a purchase. */
  readonly isPrePurchase: boolean;
  /** True for `AppendValue` and `AppendAttribution`, which append to another event. */
  readonly appends: boolean;
  /** True where an e-mail address in the name was replaced. */
  readonly cleaned: boolean;
}

/** How many names are cached; a shop has few. */
const MOST_NAMES = 1000;
const LONGEST_REMEMBERED = 64;

/**
 * Segment event name → Meta's.
 *
 * A mapping of the pixel comes first, exactly and then without regard to case and outer spaces;
 * then its presets; then the default mappings; then Meta's own names. Any other name becomes a custom
 * event.
 */
export function createEventNames(
  mappings: Readonly<Record<string, string>>,
  presets: readonly EventMappingPreset[],
): (name: string) => EventName {
  const rows = presetRows(presets);
  const resolve = createResolver(mappings, rows);
  const ofProduct = new Set(
    rows.filter((row) => row.ofProduct).map(({ from }) => comparable(from)),
  );
  const known = new Map<string, EventName>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const segment = comparable(name);
    const resolved = resolve(name, segment);
    const meta = withoutEmails(resolved);
    const found = {
      segment,
      meta: isShort(meta) ? meta.toWellFormed() : null,
      isPrePurchase: isPrePurchaseName(segment) || ofProduct.has(segment),
      appends: APPENDING.has(meta),
      cleaned: meta !== resolved,
    };
    if (known.size < MOST_NAMES && name.length <= LONGEST_REMEMBERED) known.set(name, found);
    return found;
  };
}

function createResolver(
  mappings: Readonly<Record<string, string>>,
  presets: ReturnType<typeof presetRows>,
): (name: string, segment: string) => string {
  const custom = Object.entries(mappings).filter(([, to]) => to.trim() !== '');

  const exact = new Map(custom.map(([from, to]) => [from, standardOr(to)]));
  const tolerant = new Map([
    ...STANDARD_NAMES,
    ...Object.entries(DEFAULT_MAPPINGS).map(([from, to]) => [comparable(from), to] as const),
    ...presets.toReversed().map(({ from, to }) => [comparable(from), to] as const),
    ...custom.toReversed().map(([from, to]) => [comparable(from), standardOr(to)] as const),
  ]);
  return (name, segment) => exact.get(name) ?? tolerant.get(segment) ?? name.trim();
}

/** The name of a rule as it is sent: a standard event in Meta's spelling, or a custom event. */
export function metaNameOf(name: string): string {
  return withoutEmails(standardOr(name)).toWellFormed();
}

/** The same event under another name of Meta. */
export function renamed(name: EventName, meta: string): EventName {
  return { ...name, meta, appends: APPENDING.has(meta), cleaned: false };
}

const STANDARD_NAMES = new Map(STANDARD_EVENTS.map((name) => [comparable(name), name]));

function standardOr(name: string): string {
  return STANDARD_NAMES.get(comparable(name)) ?? name.trim();
}

function isShort(name: string): boolean {
  if (name.length <= LONGEST_NAME) return true;
  return name.length <= 2 * LONGEST_NAME && Array.from(name).length <= LONGEST_NAME;
}

/**
 * Event names of Segment's specs.
 * Source: Segment Spec: Ecommerce v2, Mobile app lifecycle, B2B SaaS.
 */
export const SEGMENT_EVENTS: readonly string[] = `
  Products Searched, Product List Viewed, Product List Filtered, Promotion Viewed,
  Promotion Clicked, Product Clicked, Product Viewed, Product Added, Product Removed,
  Cart Viewed, Checkout Started, Checkout Step Viewed, Checkout Step Completed,
  Payment Info Entered, Order Completed, Order Updated, Order Refunded, Order Cancelled,
  Coupon Entered, Coupon Applied, Coupon Denied, Coupon Removed, Product Added to Wishlist,
  Product Removed from Wishlist, Wishlist Product Added to Cart, Product Shared, Cart Shared,
  Product Reviewed, Application Installed, Application Opened, Application Updated,
  Application Backgrounded, Application Foregrounded, Application Crashed,
  Application Uninstalled, Install Attributed, Push Notification Received,
  Push Notification Tapped, Push Notification Bounced, Deep Link Opened, Deep Link Clicked,
  Account Created, Account Deleted, Account Added User, Account Removed User, Signed Up,
  Signed In, Signed Out, Invite Sent, Trial Started, Trial Ended`
  .split(',')
  .map((name) => name.trim());
