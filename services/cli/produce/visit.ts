import type { Random } from './random.ts';
import type { Shopper } from './shopper.ts';
import { type Product, roundPrice } from './shops.ts';

/** How the shop knows the visitor: not at all, as a logged-in customer, or as a guest with an address. */
type Acquaintance = 'stranger' | 'customer' | 'guest';

/** One event of a visit, before it is given an id and a time. */
export interface Step {
  readonly event: string;
  /** JSON members without brackets. */
  readonly properties: string;
  /** Path of the page, or null for an event that no browser sent. */
  readonly path: string | null;
  readonly title: string;
  readonly who: Acquaintance;
}

/** A product in a basket. */
interface Item {
  readonly product: Product;
  readonly quantity: number;
}

/** What stays the same from the start of a checkout to the order, as JSON members. */
interface Order {
  readonly checkoutId: string;
  readonly members: string;
  readonly products: string;
}

/** Probability that a visitor continues to the next step of the funnel. */
const GOES_ON = {
  search: 0.5,
  list: 0.6,
  anotherProduct: 0.55,
  add: 0.55,
  anotherItem: 0.35,
  checkout: 0.7,
  payment: 0.85,
  order: 0.9,
};

/** Share of visitors who arrive logged in, and of strangers who log in at checkout. */
const COMES_AS_CUSTOMER = 0.55;
const LOGS_IN_AT_CHECKOUT = 0.6;

const SEARCHES = [
  'running shoes',
  'Größe 42',
  'café crème',
  'kış montu',
  '急須',
  'καφές',
  'сукня',
  'حذاء',
];

/**
 * All events of one visit in order: a walk down the funnel that ends where the visitor leaves.
 * Source of the properties: Segment, Ecommerce spec V2.
 */
export function planVisit(shopper: Shopper, random: Random): Step[] {
  const steps: Step[] = [];
  let who: Acquaintance = random.chance(COMES_AS_CUSTOMER) ? 'customer' : 'stranger';
  const emit = (event: string, properties: string, path: string | null, title = event): void => {
    steps.push({ event, properties, path, title, who });
  };
  arrive(shopper, who, random, emit);
  const items = browse(shopper, random, emit);
  if (items.length === 0 || !random.chance(GOES_ON.checkout)) return steps;
  if (who === 'stranger') {
    who = random.chance(LOGS_IN_AT_CHECKOUT) ? 'customer' : 'guest';
    if (who === 'customer') emit('Signed In', '"method":"password"', '/login');
  }
  checkOut(shopper, items, random, emit);
  return steps;
}

type Emit = (event: string, properties: string, path: string | null, title?: string) => void;

/** What may come before the browsing: a click in a letter, a search, a list. */
function arrive(shopper: Shopper, who: Acquaintance, random: Random, emit: Emit): void {
  const { products } = shopper.shop;
  if (random.chance(0.12)) {
    emit('Clicked Email', '"emailCampaign":"First Touch","action_source":"email"', null);
  }
  if (who === 'customer' && random.chance(0.04)) {
    const money = `"revenue":${random.between(5, 60)},"currency":"${shopper.shop.currency}"`;
    const renewal = `"plan":"plus",${money},"actionSource":"system_generated"`;
    emit('Subscription Renewed', renewal, null);
  }
  if (random.chance(GOES_ON.search)) {
    const query = random.pick(SEARCHES);
    const properties = `"query":${JSON.stringify(query)}`;
    emit('Products Searched', properties, `/search?q=${encodeURIComponent(query)}`);
  }
  if (random.chance(GOES_ON.list)) {
    const { category } = random.pick(products);
    const shown = Array.from({ length: random.between(2, 4) }, () => random.pickEarly(products));
    const list = shown.map(({ members }, at) => `{${members},"position":${at + 1}}`).join();
    const properties = `"list_id":"best-sellers","category":${JSON.stringify(category)},"products":[${list}]`;
    emit('Product List Viewed', properties, `/c/${encodeURIComponent(category)}`);
  }
}

/** Looks at products and puts some into the basket. */
function browse(shopper: Shopper, random: Random, emit: Emit): Item[] {
  const { products, currency } = shopper.shop;
  const cartId = random.hex8();
  const items: Item[] = [];
  do {
    const product: Product = random.pickEarly(products);
    const { members, path, name } = product;
    const seen = `${members},"currency":"${currency}","position":${random.between(1, 9)}`;
    emit('Product Viewed', seen, path, name);
    if (!random.chance(items.length === 0 ? GOES_ON.add : GOES_ON.anotherItem)) continue;
    const quantity = random.chance(0.8) ? 1 : random.between(2, 5);
    items.push({ product, quantity });
    const added = `"cart_id":"${cartId}",${members},"quantity":${quantity},"currency":"${currency}"`;
    emit('Product Added', added, path, name);
  } while (random.chance(GOES_ON.anotherProduct));
  if (random.chance(0.05)) {
    // With the address in the properties, where many shops put it although Meta forbids it.
    const email = JSON.stringify(shopper.person.email);
    emit('Newsletter Subscribed', `"list":"news","source":"footer","email":${email}`, '/');
  }
  return items;
}

function checkOut(shopper: Shopper, items: readonly Item[], random: Random, emit: Emit): void {
  const { currency, sourceJson } = shopper.shop;
  const { checkoutId, members, products } = makeOrder(items, currency, random);
  emit('Checkout Started', `${members},${products}`, '/checkout');
  if (!random.chance(GOES_ON.payment)) return;
  const method = random.pick(['card', 'paypal', 'invoice', 'apple_pay', 'konbini']);
  const checkout = `"checkout_id":"${checkoutId}"`;
  const payment = `${checkout},${members},"step":3,"payment_method":"${method}"`;
  emit('Payment Info Entered', payment, '/checkout/payment');
  if (!random.chance(GOES_ON.order)) return;
  const order = `${checkout},"affiliation":${sourceJson},${members},${products}`;
  emit('Order Completed', order, '/checkout/thank-you');
}

function makeOrder(items: readonly Item[], currency: string, random: Random): Order {
  const subtotal = items.reduce((sum, item) => sum + item.product.price * item.quantity, 0);
  const discount = random.chance(0.2) ? subtotal / 10 : 0;
  const revenue = roundPrice(subtotal - discount, currency);
  const shipping = random.chance(0.5) ? roundPrice(subtotal / 20, currency) : 0;
  const money = {
    currency: random.chance(0.02) ? currency.toLowerCase() : currency,
    subtotal: roundPrice(subtotal, currency),
    ...(discount > 0 ? { discount: roundPrice(discount, currency), coupon: 'WELCOME10' } : {}),
    shipping,
    tax: roundPrice(revenue / 6, currency),
    total: roundPrice(revenue + shipping, currency),
    revenue: random.chance(0.03) ? String(revenue) : revenue,
  };
  const list = items.map((item) => `{${item.product.members},"quantity":${item.quantity}}`);
  return {
    checkoutId: random.hex8(),
    members: `"order_id":"${random.between(1e7, 1e9)}",${JSON.stringify(money).slice(1, -1)}`,
    products: `"products":[${list.join()}]`,
  };
}
