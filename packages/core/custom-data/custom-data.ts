import type { PixelSettings } from '../event/pixel-settings.ts';
import { type Draft, warn } from '../mapping/draft.ts';
import type { EventName } from '../mapping/event-name.ts';
import { type MappingResult, reject } from '../mapping/mapping-result.ts';
import { isAbsent } from '../mapping/scalars.ts';
import { createContents } from './contents.ts';
import { createRules, type PropertyRule, ruleForOther } from './property-rules.ts';
import { createValue, currencyOf } from './value.ts';

/** How many rules of property names are cached; the rule of any other name is computed each time. */
const MOST_NAMES = 2000;
const LONGEST_NAME = 64;

const PURCHASE = 'Purchase';

const INVALID_CURRENCY = reject(
  'invalid_currency',
  'properties.currency is not an ISO 4217 currency code',
);
const MISSING_VALUE = reject(
  'missing_value',
  'a Purchase needs a numeric value in properties.revenue',
);

/** Reads the properties into the draft; a result other than null rejects the event. */
export function createCustomData(
  settings: PixelSettings,
  names: (name: string) => EventName,
): (draft: Draft) => MappingResult | null {
  const readValue = createValue(settings.valueFieldIdentifier);
  const readContents = createContents(settings);
  const readOthers = createOthers(settings, names);
  return (draft) => {
    readValue(draft);
    const refusal = completeValue(draft, settings);
    if (refusal !== null) return refusal;
    readContents(draft);
    readOthers(draft);
    return null;
  };
}

/**
 * Sources: Meta, standard events: value and currency are required for Purchase; Segment, "Currency
 * requirement for Purchase events", and `properties.currency`: "Defaults to USD if not set".
 */
function completeValue(draft: Draft, settings: PixelSettings): MappingResult | null {
  const { custom } = draft;
  const isPurchase = draft.eventName === PURCHASE;
  if (isPurchase && custom['value'] === undefined) {
    if (settings.purchaseWithoutValue === 'reject') return MISSING_VALUE;
    custom['value'] = 0;
    warn(draft, 'missing_value', 'properties.revenue');
  }
  const given = draft.event.properties['currency'];
  if (!isAbsent(given)) {
    const currency = currencyOf(given);
    if (currency === null) return INVALID_CURRENCY;
    custom['currency'] = currency;
    draft.trace?.('custom_data.currency', 'properties.currency');
  } else if (custom['value'] !== undefined || draft.appends) {
    custom['currency'] = settings.defaultCurrency;
    draft.trace?.('custom_data.currency', 'settings.defaultCurrency');
  }
  return null;
}

/** Caches rules, because shops have few property names. */
function createOthers(
  settings: PixelSettings,
  names: (name: string) => EventName,
): (draft: Draft) => void {
  const rules = createRules(settings, names);
  const most = rules.size + MOST_NAMES;
  const ruleFor = (name: string): PropertyRule => {
    const rule = ruleForOther(name);
    if (rules.size < most && name.length <= LONGEST_NAME) rules.set(name, rule);
    return rule;
  };
  return (draft) => {
    const { properties } = draft.event;
    for (const name in properties) {
      const rule = rules.get(name) ?? ruleFor(name);
      rule(draft, name, properties[name]);
    }
  };
}
