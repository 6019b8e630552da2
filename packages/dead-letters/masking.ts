import { holdsEmail } from '#core/mapping/personal-data.ts';

/*
 * What is shown of an event without being asked to reveal it: its structure, and those values whose
 * name and place say that they are nobody's. Everything else is only described, because a list of
 * what is personal is never complete.
 */

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** Of a Track event or a server event itself. */
const OF_EVENT = words(`
  type event messageId timestamp originalTimestamp sentAt receivedAt channel version
  event_name event_time event_id action_source opt_out data_processing_options
  data_processing_options_country data_processing_options_state`);

/** Of what was bought, below `properties` or `custom_data`. */
const OF_GOODS = words(`
  currency revenue value total subtotal price item_price quantity discount tax position
  product_id productId sku category brand variant coupon order_id orderId status
  content_ids content_type content_name content_category num_items delivery_category
  predicted_ltv action_source actionSource`);

/** Of one of the things that were bought; elsewhere these could be a person's. */
const OF_A_THING = words('id name');
const THINGS = words('products contents');

const GOODS = words('properties custom_data');
const MANY_DIGITS = /\d{7}/;

/** The same structure, without what may be personal. */
export function mask(value: unknown, path: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map((each) => mask(each, path));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [maskName(name), mask(each, [...path, name])]),
    );
  }
  if (value === null || typeof value === 'boolean' || value === '') return value;
  return isNobodys(value, path) ? value : describe(value);
}

function isNobodys(value: unknown, path: readonly string[]): boolean {
  const name = path.at(-1) ?? '';
  if (typeof value === 'string' && holdsEmail(value)) return false;
  if (path.length === 1) return OF_EVENT.has(name);
  if (!GOODS.has(path[0] ?? '')) return false;
  return OF_GOODS.has(name) || (OF_A_THING.has(name) && THINGS.has(path.at(-2) ?? ''));
}

/** Some senders put values where names belong. */
function maskName(name: string): string {
  return holdsEmail(name) || MANY_DIGITS.test(name) ? `[name of ${name.length}]` : name;
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `[text of ${value.length}]` : '[number]';
}
