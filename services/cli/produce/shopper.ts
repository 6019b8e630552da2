import type { Country } from './countries.ts';
import { makeAddress, makeScreen, makeUserAgent } from './devices.ts';
import { makePerson, type Person } from './person.ts';
import type { Random } from './random.ts';
import type { Shop } from './shops.ts';

/** Somebody who visits one shop with one device, perhaps again and again; JSON is written ahead. */
export interface Shopper {
  readonly shop: Shop;
  readonly country: Country;
  readonly userId: string;
  /** Of the browser: the same before and after logging in. */
  readonly anonymousId: string;
  readonly person: Person;
  /** Members of `context` that tell where the browser is: `"ip":…,"locale":…` */
  readonly place: string;
  /** The member of `context` that names the browser, or nothing where it was lost. */
  readonly agent: string;
  /** The browser's id for Meta, where its cookie was kept. */
  readonly fbp: string | null;
  /** The member `"integrations":…,` of the event, or nothing. */
  readonly integrations: string;
}

/** What shops send: nothing, an empty object, or a choice that does not concern Meta. */
const INTEGRATIONS = [
  '',
  '',
  '"integrations":{},',
  '"integrations":{"All":true},',
  '"integrations":{"All":true,"Mixpanel":false,"Salesforce":false},',
];

/** Limited Data Use asked for by the event. Source: Segment, Data Processing Initialization Parameters. */
const LIMITED_DATA_USE = [
  '"integrations":{"All":true,"Facebook Conversions API":{"dataProcessingOptions":[["LDU"],1,1000]}},',
  '"integrations":{"Facebook Conversions API":{"dataProcessingOptions":[["LDU"],0,0]}},',
  '"integrations":{"Facebook Conversions API":{"dataProcessingOptions":[[],1,1000]}},',
];

const DAY_MS = 86_400_000;

export function makeShopper(shop: Shop, nowMs: number, random: Random): Shopper {
  const country = random.pick(shop.countries);
  const firstSeen = nowMs - random.between(1, 90 * DAY_MS);
  return {
    shop,
    country,
    userId: random.chance(0.5) ? random.hex8() + random.hex8() : `u-${random.between(1e6, 1e9)}`,
    anonymousId: random.uuid(),
    person: makePerson(country, random),
    place: makePlace(country, shop, random),
    agent: random.chance(0.98) ? `,"userAgent":"${makeUserAgent(random)}"` : '',
    fbp: random.chance(0.75) ? `fb.1.${firstSeen}.${random.between(1e8, 2e9)}` : null,
    integrations: limitsDataUse(country, random)
      ? random.pick(LIMITED_DATA_USE)
      : random.pick(INTEGRATIONS),
  };
}

function limitsDataUse(country: Country, random: Random): boolean {
  return country.code === 'US' && random.chance(0.08);
}

function makePlace(country: Country, shop: Shop, random: Random): string {
  const facts = {
    ip: random.chance(0.97) ? makeAddress(random) : undefined,
    locale: country.language,
    timezone: country.timezone,
    library: { name: 'analytics.js', version: '2.11.1' },
    screen: makeScreen(random),
    consent: shop.asksConsent ? makeConsent(random) : undefined,
  };
  return JSON.stringify(facts).slice(1, -1);
}

function makeConsent(random: Random): object {
  const advertising = random.chance(0.93);
  return { categoryPreferences: { Advertising: advertising, Functional: true } };
}
