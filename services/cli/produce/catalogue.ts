import type { Country } from './countries.ts';
import type { Random } from './random.ts';

/** Something a shop sells, with its JSON already written. */
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

/** Category → what is sold there; names as catalogues have them, with their punctuation. */
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
export function stockShelves(home: Country, random: Random): readonly Product[] {
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
