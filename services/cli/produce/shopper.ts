import type { Country } from './countries.ts';
import { makePerson, type Person } from './person.ts';
import type { Random } from './random.ts';
import type { Shop } from './shops.ts';

/** A person who visits one shop with one device, perhaps repeatedly; JSON is prepared once. */
export interface Shopper {
  readonly shop: Shop;
  readonly country: Country;
  readonly userId: string;
  /** Of the browser: the same before and after logging in. */
  readonly anonymousId: string;
  readonly person: Person;
  /** Members of `context` that tell where the browser is: `"ip":…,"locale":…` */
  readonly place: string;
  /** The member of `context` that names the browser, or nothing if it was lost. */
  readonly agent: string;
  /** The browser's id for Meta, if its cookie was kept. */
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

/** Limited Data Use requested by the event. Source: Segment, Data Processing Initialization Parameters. */
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
    agent: random.chance(0.98)
      ? `,"userAgent":"${random.digits(random.pickEarly(USER_AGENTS))}"`
      : '',
    fbp: random.chance(0.75) ? `fb.1.${firstSeen}.${random.between(1e8, 2e9)}` : null,
    integrations: random.pick(
      country.code === 'US' && random.chance(0.08) ? LIMITED_DATA_USE : INTEGRATIONS,
    ),
  };
}

function makePlace(country: Country, shop: Shop, random: Random): string {
  const facts = {
    ip: random.chance(0.97) ? makeAddress(random) : undefined,
    locale: country.language,
    timezone: country.timezone,
    library: { name: 'analytics.js', version: '2.11.1' },
    screen: makeScreen(random),
    consent: shop.asksConsent
      ? { categoryPreferences: { Advertising: random.chance(0.93), Functional: true } }
      : undefined,
  };
  return JSON.stringify(facts).slice(1, -1);
}

/** User agents with `#` for a version's digits. */
const USER_AGENTS: readonly string[] = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 1#_# like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/1#.# Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/14#.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Linux; Android 1#; Pixel #) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/14#.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/1#.# Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 1#_# like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/5##.0.0.##;FBDV/iPhone1#,#;FBLC/de_DE]',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:14#.0) Gecko/20100101 Firefox/14#.0',
  'Mozilla/5.0 (Linux; Android 1#; SM-S9##B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2#.0 Chrome/13#.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:14#.0) Gecko/20100101 Firefox/14#.0',
];

const SCREENS = [
  [390, 844],
  [412, 915],
  [1512, 982],
  [1920, 1080],
  [2560, 1440],
] as const;

/** Networks reserved for documentation. Sources: RFC 5737; RFC 3849 for IPv6. */
const NETWORKS_V4 = ['192.0.2', '198.51.100', '203.0.113'];
const NETWORK_V6 = '2001:db8';

function makeAddress(random: Random): string {
  if (random.chance(0.7)) return `${random.pick(NETWORKS_V4)}.${random.between(1, 254)}`;
  const [low, high] = [random.hex8(), random.hex8()];
  if (random.chance(0.3)) return `${NETWORK_V6}::${low.slice(4)}`;
  return `${NETWORK_V6}:${low.slice(0, 4)}:${low.slice(4)}::${high.slice(0, 4)}:${high.slice(4)}`.toUpperCase();
}

/** `context.screen` as the browser library reports it. */
function makeScreen(random: Random): object {
  const [width, height] = random.pick(SCREENS);
  const inner = { innerWidth: width, innerHeight: height - 120 };
  return { width, height, ...inner, density: random.between(1, 3) };
}
