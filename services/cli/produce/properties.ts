import type { Random } from './random.ts';
import { type Product, roundPrice } from './shops.ts';

/** A product in a basket. */
export interface Item {
  readonly product: Product;
  readonly quantity: number;
}

/** What stays the same from the start of a checkout to the order, as JSON members. */
export interface Order {
  readonly checkoutId: string;
  readonly members: string;
  readonly items: string;
}

/*
 * The properties of each step of the funnel as JSON members without brackets.
 * Source: Segment, Ecommerce spec V2.
 */

export function searched(query: string): string {
  return `"query":${JSON.stringify(query)}`;
}

export function listViewed(category: string, products: readonly Product[]): string {
  const list = products.map((product, at) => `{${product.members},"position":${at + 1}}`).join();
  return `"list_id":"best-sellers","category":${JSON.stringify(category)},"products":[${list}]`;
}

export function viewed(product: Product, currency: string, position: number): string {
  return `${product.members},"currency":"${currency}","position":${position}`;
}

export function added(item: Item, currency: string, cartId: string): string {
  return `"cart_id":"${cartId}",${item.product.members},"quantity":${item.quantity},"currency":"${currency}"`;
}

export function makeOrder(items: readonly Item[], currency: string, random: Random): Order {
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
  const products = items.map((item) => `{${item.product.members},"quantity":${item.quantity}}`);
  return {
    checkoutId: random.hex8(),
    members: `"order_id":"${random.between(1e7, 1e9)}",${JSON.stringify(money).slice(1, -1)}`,
    items: `"products":[${products.join()}]`,
  };
}

export function checkoutStarted(order: Order): string {
  return `${order.members},${order.items}`;
}

export function paymentEntered(order: Order, random: Random): string {
  const method = random.pick(['card', 'paypal', 'invoice', 'apple_pay', 'konbini']);
  return `"checkout_id":"${order.checkoutId}",${order.members},"step":3,"payment_method":"${method}"`;
}

/** @param affiliation name of the shop, as JSON */
export function completed(order: Order, affiliation: string): string {
  return `"checkout_id":"${order.checkoutId}","affiliation":${affiliation},${order.members},${order.items}`;
}
