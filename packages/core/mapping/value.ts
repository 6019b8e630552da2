import { type Draft, warn } from './draft.ts';
import { isAbsent, numberOf } from './scalars.ts';

/**
 * Events of one product before a purchase, by the Segment name, whatever Meta calls them.
 * Source: Segment, "Alternative value properties".
 */
const PRE_PURCHASE = new Set(['product viewed', 'product added']);

/** Source: Segment, `properties.revenue`; `value` is Meta's own name for it. */
const REVENUE = ['revenue', 'value'] as const;

/** Properties whose place is `value`, in every event. */
export const VALUE_PROPERTIES: readonly string[] = REVENUE;

export function isPrePurchase(segmentName: string): boolean {
  return PRE_PURCHASE.has(segmentName);
}

/** "Value Field Identifier", by the name of the property alone. */
export function valueProperty(identifier: string): string {
  return identifier.trim().replace(/^(?:\$\.)?properties\./, '');
}

/**
 * `custom_data.value`: the revenue; before a purchase the property that the pixel names, falling
 * back to the revenue.
 */
export function createValue(identifier: string): (draft: Draft) => void {
  const usual = REVENUE;
  const prePurchase = [valueProperty(identifier), ...REVENUE];
  return (draft) => {
    for (const property of isPrePurchase(draft.segmentName) ? prePurchase : usual) {
      const value = draft.event.properties[property];
      if (isAbsent(value)) continue;
      const number = numberOf(value);
      if (number === null) {
        warn(draft, 'invalid_number', `properties.${property}`);
        continue;
      }
      draft.custom['value'] = number;
      draft.moved.push(property);
      draft.trace?.('custom_data.value', `properties.${property}`);
      return;
    }
  };
}
