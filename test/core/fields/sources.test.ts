import { describe, expect, test } from '@jest/globals';
import { isFault, parseSource } from '#core/fields/parse-source.ts';

const EVENT = {
  messageId: 'm-1',
  properties: {
    sku: 'S-1',
    variant: 7,
    isNew: true,
    empty: ' ',
    nothing: null,
    'a.b': 'dotted',
    'Order ID': 'o-1',
    products: [
      { sku: 'A', price: 0.1, quantity: 3, tags: ['x', 'y'] },
      { sku: 'B', price: '19,90', tags: ['z'] },
    ],
    broken: [{ price: 1 }, { price: 'free' }],
    none: [],
    items: [
      { variant: { sku: 'V-1' }, product_id: 'P-1', qty: 2, unit: 5 },
      { product_id: 'P-2', qty: 1, unit: 6, quantity: 9, brand: 'Acme' },
    ],
  },
};

/** What a source reads out of the event, or what is wrong with the source. */
function read(written: unknown): unknown {
  const source = parseSource(written);
  return isFault(source) ? `${source.message} → ${source.fix}` : source.read(EVENT);
}

describe('a path', () => {
  test.each([
    ['messageId', 'm-1'],
    ['properties.sku', 'S-1'],
    ['$.properties.sku', 'S-1'],
    [' properties.sku ', 'S-1'],
    ['properties.Order ID', 'o-1'],
    ['properties["a.b"]', 'dotted'],
    ["properties['a.b']", 'dotted'],
    ['properties.products[1].sku', 'B'],
    ['properties.products.1.sku', 'B'],
    ['properties.products.length', 2],
    ['properties.products[].sku', ['A', 'B']],
    ['properties.products[].tags[]', ['x', 'y', 'z']],
    ['properties.products[].quantity', [3]],
    ['properties.products[].nothing', undefined],
    ['properties.sku[].x', undefined],
    ['properties.sku.length', undefined],
    ['properties.toString', undefined],
    ['properties.missing.deeper', undefined],
    ['properties.none[].sku', undefined],
  ])('%s is %j', (path, value) => expect(read(path)).toEqual(value));

  test.each(['a..b', '.a', 'a.', 'a[', 'a[x]', 'a[0]b', 'a.*', 'a.$.b', 'a . b', '[]', 'a[""]'])(
    '%j is refused',
    (path) => expect(read(path)).toMatch(/^is not a path → write it like /),
  );

  test.each([
    ['', 'is an empty path'],
    ['$', 'is an empty path'],
    ['x'.repeat(257), 'is longer than 256 characters'],
    [Array(17).fill('a').join('.'), 'has too many steps'],
    ['a[].b[].c[].d', 'has too many steps'],
    ['properties.__proto__', 'contains __proto__'],
    ['properties["constructor"].name', 'contains constructor'],
    ['prototype', 'contains prototype'],
  ])('%j is refused, because it %s', (path, words) => {
    expect(read(path)).toContain(words);
  });
});

describe('a template', () => {
  test.each([
    ['{{properties.sku}}-{{properties.variant}}', 'S-1-7'],
    ['shop_{{ properties.sku }}', 'shop_S-1'],
    ['{{properties.isNew}}{{properties.sku}}!', 'trueS-1!'],
    ['{{properties["a.b"]}} { } $x', 'dotted { } $x'],
    ['{{properties.sku}}-{{properties.missing}}', undefined],
    ['{{properties.sku}}-{{properties.empty}}', undefined],
    ['{{properties.products}}', undefined],
  ])('%s is %j', (template, value) => expect(read(template)).toEqual(value));

  test.each([
    ['{{properties.sku | upcase}}', 'is not a template'],
    ['{{{properties.sku}}}', 'is not a template'],
    ['{{}}', 'is not a template'],
    ['{{properties.sku}', 'is not a template'],
    ['a}}', 'is not a template'],
    ['{{properties..sku}}', 'has a placeholder that is not a path'],
    ['{{properties.__proto__}}', 'has a placeholder that contains __proto__'],
    ['{{a}}'.repeat(21), 'has more than 20 placeholders'],
  ])('%s is refused', (template, words) => expect(read(template)).toContain(words));
});

describe('other forms', () => {
  const sum = (list: string, of = 'price', times?: string) => ({
    ...{ sum: `properties.${list}`, of },
    ...(times !== undefined && { times }),
  });

  test.each<[unknown, unknown]>([
    [{ value: 'EUR' }, 'EUR'],
    [{ value: 20 }, 20],
    [sum('products', 'price', 'quantity'), 20.2],
    [sum('products', 'quantity'), Number.NaN],
    [sum('products', 'price'), 20],
    [sum('items', 'unit', 'qty'), 16],
    [sum('broken'), Number.NaN],
    [sum('sku'), Number.NaN],
    [sum('none'), undefined],
    [sum('missing'), undefined],
    [
      { each: 'properties.items', id: ['variant.sku', 'product_id'], item_price: 'unit' },
      [
        { id: 'V-1', item_price: 5 },
        { id: 'P-2', item_price: 6, quantity: 9, brand: 'Acme' },
      ],
    ],
    [
      { each: 'properties.items', id: 'shop_{{product_id}}', quantity: 'qty' },
      [
        { id: 'shop_P-1', quantity: 2 },
        { id: 'shop_P-2', quantity: 1, brand: 'Acme' },
      ],
    ],
    [{ each: 'properties.missing' }, undefined],
    [{ each: 'properties.sku' }, 'S-1'],
  ])('%j is %j', (written, value) => expect(read(written)).toEqual(value));

  test.each<[unknown, string]>([
    [{}, 'is not a source of a field → write a path such as'],
    [7, 'is not a source of a field'],
    [null, 'is not a source of a field'],
    [[['a']], 'is not a source of a field'],
    [{ path: 'a' }, 'is not a source of a field'],
    [{ value: 1, of: 2 }, 'has an unknown key: of → remove it; the known keys are value'],
    [{ sum: 'a' }, 'needs a list, and what to sum of each item'],
    [{ sum: 'a', of: 'b', times: 2 }, 'has a factor that is not a path'],
    [{ sum: 'a', of: 'b', by: 'c' }, 'has an unknown key: by'],
    [{ sum: 'a..', of: 'b' }, 'is not a path'],
    [{ each: 7 }, 'needs a list'],
    [{ each: 'a', sku: 'b' }, 'has an unknown key: sku → use some of each, id, quantity'],
    [{ each: 'a', id: 7 }, 'has a id that is not a path'],
    [{ each: 'a', id: 'b..' }, 'has a id that is not a path'],
  ])('%j is refused', (written, words) => expect(read(written)).toContain(words));
});
