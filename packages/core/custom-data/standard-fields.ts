import { countOf, numberOf, textOf } from '../mapping/scalars.ts';
import { holdsEmail } from '../privacy/personal-data.ts';
import { isDeliveryCategory } from './contents.ts';

/** A property with a field of its own in custom_data. */
export interface StandardField {
  readonly property: string;
  readonly field: string;
  /** Null for a value that Meta does not accept. */
  readonly read: (value: unknown) => unknown;
  /** True where the value of an earlier property stays. */
  readonly firstWins: boolean;
}

/**
 * Sources: Segment, "Default mappings to Facebook properties", `properties.query` and
 * `properties.status`; Meta, standard parameters (custom data), for the others.
 */
export const STANDARD_FIELDS: readonly StandardField[] = [
  { property: 'query', field: 'search_string', read: textOf, firstWins: true },
  { property: 'search_string', field: 'search_string', read: textOf, firstWins: true },
  { property: 'status', field: 'status', read: statusOf, firstWins: false },
  { property: 'order_id', field: 'order_id', read: textOf, firstWins: false },
  { property: 'content_name', field: 'content_name', read: textOf, firstWins: false },
  { property: 'content_category', field: 'content_category', read: textOf, firstWins: false },
  { property: 'content_type', field: 'content_type', read: textOf, firstWins: false },
  { property: 'content_ids', field: 'content_ids', read: idsOf, firstWins: false },
  { property: 'num_items', field: 'num_items', read: countOf, firstWins: true },
  { property: 'predicted_ltv', field: 'predicted_ltv', read: numberOf, firstWins: false },
  { property: 'net_revenue', field: 'net_revenue', read: numberOf, firstWins: false },
  {
    property: 'delivery_category',
    field: 'delivery_category',
    read: (value) => (isDeliveryCategory(value) ? value : null),
    firstWins: false,
  },
];

/** Meta's pixel accepts a boolean here, its API a string. */
function statusOf(value: unknown): string | null {
  return typeof value === 'boolean' ? String(value) : textOf(value);
}

function idsOf(value: unknown): string[] | null {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const ids = values.map(textOf).filter((id) => id !== null);
  const kept = ids.filter((id) => !holdsEmail(id));
  return kept.length === 0 ? null : kept;
}
