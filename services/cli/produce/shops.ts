import { COUNTRIES, type Country } from './countries.ts';
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
  /** True when visitors are asked for consent, so that events contain their answer. */
  readonly asksConsent: boolean;
}

/** Home countries by the last part of a source's name; a repeated one has more shoppers. */
const REGIONS: Readonly<Record<string, readonly Country[]>> = {
  us: countries('US US US US CA CA MX BR'),
  jp: countries('JP JP JP KR KR IN'),
  eu: countries('DE DE FR FR GB TR PL ES SE GR UA AE NL AT CH'),
};

function countries(codes: string): readonly Country[] {
  return codes.split(' ').flatMap((code) => COUNTRIES.get(code) ?? []);
}

const EVERYWHERE = [...COUNTRIES.values()];

/** The shops of these sources; a name that ends in no known region sells everywhere. */
export function openShops(sources: readonly string[], random: Random): readonly Shop[] {
  return sources.map((source) => {
    const region = source.slice(source.lastIndexOf('-') + 1);
    const served = countriesOf(REGIONS[region] ?? []);
    const [home] = served;
    if (home === undefined) throw new Error('there are no countries');
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

/** A product, with its JSON prepared. */
export interface Product {
  readonly id: string;
  readonly name: string;
  readonly category: string;
  readonly path: string;
  /** In the shop's currency. */
  readonly price: number;
  /** JSON members of the product without brackets, the price among them. */
  readonly members: string;
}

/** Category → names of products, with the punctuation that catalogues have. */
const SHELVES: Readonly<Record<string, readonly string[]>> = {
  'Shoes/Running': ['Trail Runner 5"', 'Läufer Größe 42½', 'Road Flyer "Neo"', 'Spike & Track'],
  'Clothing/Coats': ['Manteau d’hiver', 'Wax Jacket', 'Regenmantel für Kinder', 'ダウンコート'],
  'Clothing/Shirts': ['Crème Linen Shirt', 'Polo Piqué', 'T-Shirt „Fuß“', 'İpek Gömlek'],
  'Home & Kitchen': ['Café Press 0.8 l', 'Weinglas-Set (6 Stück)', '急須 南部鉄器', 'Μύλος καφέ'],
  'Toys/Games': ['Chess – Tournament Set', 'Puzzle 1.000 Teile', '놀이 블록', 'Jeu de l’oie'],
  Beauty: ['Savon de Marseille', 'Crème solaire SPF 50+', '日焼け止め', 'Argan Oil 50 ml'],
  Books: ['Пригоди Тома Соєра', 'Don Quijote de la Mancha', 'ألف ليلة وليلة', 'Alice (2nd ed.)'],
};

const BRANDS = ['Nordlicht', 'Maison Créole', 'Blue Harbor', 'かもめ堂', 'Ødegård & Co.', "Hale's"];
const VARIANTS = ['red / M', 'blau / 42', '200 pieces', 'noir', '黒 / L', 'one size'];
const PRODUCTS_PER_SHELF = 30;

/** The products of a shop whose prices are in the currency of its home country. */
function stockShelves(home: Country, random: Random): readonly Product[] {
  return Object.entries(SHELVES).flatMap(([category, names]) =>
    Array.from({ length: PRODUCTS_PER_SHELF }, () =>
      makeProduct(category, random.pick(names), home, random),
    ),
  );
}

function makeProduct(category: string, name: string, home: Country, random: Random): Product {
  const id = random.chance(0.3) ? String(random.between(10_000, 999_999)) : random.hex8();
  const price = roundPrice((random.between(300, 18_000) / 100) * home.unitsPerEuro, home.currency);
  const sku = `${category.slice(0, 2).toUpperCase()}-${id.slice(0, 5)}`;
  const path = `/products/${sku.toLowerCase()}`;
  const facts = {
    product_id: numericId(id, random),
    sku,
    name,
    brand: random.pick(BRANDS),
    category,
    variant: random.pick(VARIANTS),
    price: random.chance(0.04) ? String(price) : price,
    ...(random.chance(0.4) ? { image_url: `https://cdn.example.net${path}.jpg` } : {}),
  };
  return { id, name, category, path, price, members: JSON.stringify(facts).slice(1, -1) };
}

/** A few shops send ids as numbers. */
function numericId(id: string, random: Random): string | number {
  return /^[1-9]\d*$/.test(id) && random.chance(0.3) ? Number(id) : id;
}

/** Yen and won have no decimals. Source: ISO 4217, minor units. */
export function roundPrice(price: number, currency: string): number {
  return currency === 'JPY' || currency === 'KRW'
    ? Math.round(price)
    : Math.round(price * 100) / 100;
}
