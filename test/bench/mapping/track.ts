/** A Track event of the bench: what a shop's libraries send, as far as the other ways read it. */
export interface Track {
  readonly event: string;
  readonly messageId: string;
  readonly timestamp: string;
  readonly userId?: string;
  readonly anonymousId?: string;
  readonly context: {
    readonly ip?: string;
    readonly userAgent?: string;
    readonly page?: { readonly url?: string; readonly referrer?: string };
    readonly traits?: Readonly<Record<string, string>> & {
      readonly address?: Readonly<Record<string, string>>;
    };
  };
  readonly properties: Readonly<Record<string, unknown>> & {
    readonly products?: readonly Readonly<Record<string, unknown>>[];
  };
}

/** Segment's defaults, which every way maps by. */
export const EVENT_NAMES: ReadonlyMap<string, string> = new Map([
  ['Checkout Started', 'InitiateCheckout'],
  ['Order Completed', 'Purchase'],
  ['Product Added', 'AddToCart'],
  ['Product List Viewed', 'ViewContent'],
  ['Product Viewed', 'ViewContent'],
  ['Products Searched', 'Search'],
]);
