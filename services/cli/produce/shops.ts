import { type Product, stockShelves } from './catalogue.ts';
import type { Country } from './countries.ts';
import * as countries from './countries.ts';
import type { Random } from './random.ts';

/** A shop that sends events: one Segment source. */
export interface Shop {
  /** What `context.source` says. */
  readonly source: string;
  /** The same as JSON. */
  readonly sourceJson: string;
  readonly writeKey: string;
  /** Host of its pages. */
  readonly host: string;
  /** Where its shoppers live, the most frequent first. */
  readonly countries: readonly Country[];
  readonly currency: string;
  readonly products: readonly Product[];
  /** True where visitors are asked for consent, so that events tell what they said. */
  readonly asksConsent: boolean;
}

/** Home countries by the last part of a source's name; a repeated one has more shoppers. */
const { UNITED_STATES: us, CANADA, JAPAN, KOREA, GERMANY, FRANCE } = countries;
const REGIONS: Readonly<Record<string, readonly Country[]>> = {
  us: [us, us, us, us, CANADA, CANADA, countries.MEXICO, countries.BRAZIL],
  jp: [JAPAN, JAPAN, JAPAN, KOREA, KOREA, countries.INDIA],
  eu: [
    ...[GERMANY, GERMANY, FRANCE, FRANCE, countries.BRITAIN, countries.TURKEY, countries.POLAND],
    ...[countries.SPAIN, countries.SWEDEN, countries.GREECE, countries.UKRAINE],
    ...[countries.EMIRATES, countries.NETHERLANDS, countries.AUSTRIA, countries.SWITZERLAND],
  ],
};

const EVERYWHERE = [...new Set(Object.values(REGIONS).flat())];

/** The shops of these sources; a name that ends in no known region sells everywhere. */
export function openShops(sources: readonly string[], random: Random): readonly Shop[] {
  return sources.map((source) => {
    const region = source.slice(source.lastIndexOf('-') + 1);
    const served = countriesOf(REGIONS[region] ?? []);
    const home = served[0] ?? us;
    const name = source.toLowerCase().replace(/[^a-z0-9-]/g, '-');
    return {
      source,
      sourceJson: JSON.stringify(source),
      writeKey: `wk-${name}`,
      host: `https://${name}.example.com`,
      countries: served,
      currency: home.currency,
      products: stockShelves(home, random),
      asksConsent: region === 'eu',
    };
  });
}

/** Nine of ten shoppers are at home, the tenth may live anywhere. */
function countriesOf(home: readonly Country[]): readonly Country[] {
  if (home.length === 0) return EVERYWHERE;
  const repeats = Math.ceil((EVERYWHERE.length * 9) / home.length);
  return [...Array.from({ length: repeats }, () => home).flat(), ...EVERYWHERE];
}

/** One of the shops: the second has half the traffic of the first, the third a third. */
export function pickShop(shops: readonly Shop[], random: Random): Shop {
  const total = shops.reduce((sum, _, at) => sum + 1 / (at + 1), 0);
  let left = (random.below(1_000_000) / 1_000_000) * total;
  for (const [at, shop] of shops.entries()) {
    left -= 1 / (at + 1);
    if (left < 0) return shop;
  }
  return shops[0] as Shop;
}
