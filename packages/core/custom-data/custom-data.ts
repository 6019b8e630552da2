import type { PixelSettings } from '../event/pixel-settings.ts';
import { pathsOf, sourcesOf } from '../fields/field-reader.ts';
import { type Draft, warn } from '../mapping/draft.ts';
import type { EventName } from '../mapping/event-name.ts';
import { type MappingResult, reject } from '../mapping/mapping-result.ts';
import { createContents } from './contents.ts';
import { createCustomFields } from './custom-fields.ts';
import { createRules, type PropertyRule, ruleForOther } from './property-rules.ts';
import { createCurrency, createValue } from './value.ts';

/** How many rules of property names are cached; the rule of any other name is computed each time. */
const MOST_NAMES = 2000;
const LONGEST_NAME = 64;

const PURCHASE = 'Purchase';

/** Reads the properties into the draft; a result other than null rejects the event. */
export function createCustomData(
  settings: PixelSettings,
  names: (name: string) => EventName,
): (draft: Draft) => MappingResult | null {
  const readValue = createValue(settings);
  const completeValue = createCompletion(settings);
  const readContents = createContents(settings);
  const readOwn = createCustomFields(settings);
  const readOthers = createOthers(settings, names);
  return (draft) => {
    readValue(draft);
    const refusal = completeValue(draft);
    if (refusal !== null) return refusal;
    readContents(draft);
    if (readOwn !== null) readOwn(draft);
    readOthers(draft);
    return null;
  };
}

/**
 * Sources: Meta, standard events: value and currency are required for Purchase; Segment, "Currency
 * requirement for Purchase events", and `properties.currency`: "Defaults to USD if not set".
 */
function createCompletion(settings: PixelSettings): (draft: Draft) => MappingResult | null {
  const readCurrency = createCurrency(settings.fields);
  const valuePath = placeOf(settings, 'value', 'properties.revenue');
  const missingValue = reject('missing_value', `a Purchase needs a numeric value in ${valuePath}`);
  const currencyPath = placeOf(settings, 'currency', 'properties.currency');
  const invalidCurrency = reject(
    'invalid_currency',
    `${currencyPath} is not an ISO 4217 currency code`,
  );
  return (draft) => {
    const { custom } = draft;
    const isPurchase = draft.eventName === PURCHASE;
    if (isPurchase && custom['value'] === undefined) {
      if (settings.purchaseWithoutValue === 'reject') return missingValue;
      custom['value'] = 0;
      warn(draft, 'missing_value', valuePath);
    }
    const currency = readCurrency(draft);
    if (currency === null) return invalidCurrency;
    if (currency !== undefined) {
      custom['currency'] = currency;
    } else if (custom['value'] !== undefined || draft.appends) {
      custom['currency'] = settings.defaultCurrency;
      draft.trace?.('custom_data.currency', 'settings.defaultCurrency');
    }
    return null;
  };
}

/** Where a pixel has a field from, for words about it. */
function placeOf({ fields }: PixelSettings, name: string, usual: string): string {
  const sources = sourcesOf(fields, name);
  return sources === null ? usual : pathsOf(sources) || `fields.${name}`;
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
