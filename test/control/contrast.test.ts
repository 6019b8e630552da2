import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { inRepository } from '#test/support/in-repository.ts';

/*
 * The contrast that WCAG 2.2 demands of text (1.4.3) and of marks (1.4.11), for every colour that the
 * styles of the console use. Formulas: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
 */

const TEXT = 4.5;
const MARK = 3;
const FOLDER = inRepository('services/control/assets/styles');
/** Where no rule of its own says more, text stands on any of these. */
const PLAIN = ['ground', 'surface', 'sunken'];
const NOTICES = ['good-ground', 'warn-ground', 'bad-ground'];

const sheet = readdirSync(FOLDER)
  .sort()
  .map((name) => readFileSync(join(FOLDER, name), 'utf8'))
  .join('\n')
  .replace(/\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//g, '');

/** The rules within any @media, too. */
const rules = Array.from(
  sheet.matchAll(/([^{};]+)\{([^{}]*)\}/g),
  ([, selector = '', body = '']) => ({
    selector: selector.trim().replace(/\s+/g, ' '),
    declarations: body.split(';').flatMap((line) => {
      const [property = '', ...value] = line.split(':');
      return value.length === 0 ? [] : [[property.trim(), value.join(':').trim()] as const];
    }),
  }),
);

type Colours = ReadonlyMap<string, string>;

const [light = new Map(), darker = new Map()]: Colours[] = rules
  .filter(({ selector }) => selector === ':root')
  .map(({ declarations }) => {
    const own = declarations.filter(
      ([name, value]) => name.startsWith('--') && value.startsWith('#'),
    );
    return new Map(own.map(([name, value]) => [name.slice(2), value]));
  });
const THEMES: [string, Colours][] = [
  ['light', light],
  ['dark', new Map([...light, ...darker])],
];

type Rgb = readonly number[];

function rgb(colours: Colours, name: string): Rgb {
  const hex = colours.get(name) ?? '';
  expect([name, hex]).toEqual([name, expect.stringMatching(/^#[0-9a-f]{6}$/)]);
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour
    .map((each) => each / 255)
    .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: Rgb, other: Rgb): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

/** The colour of a declaration, on a ground; null for one that is inherited or no colour of ours. */
function painted(colours: Colours, value: string, ground: Rgb): Rgb | null {
  const [, name] = /var\(--([\w-]+)\)/.exec(value) ?? [];
  if (name === undefined || !colours.has(name)) return null;
  const share = Number(/ (\d+)%, transparent/.exec(value)?.[1] ?? 100) / 100;
  return rgb(colours, name).map((each, at) => each * share + (ground[at] ?? 0) * (1 - share));
}

interface Pair {
  readonly where: string;
  readonly value: string;
  readonly ground: string;
  readonly least: number;
}

const named = (value: string): string | undefined => /^var\(--([\w-]+)\)$/.exec(value)?.[1];

/** Each text and each mark that a rule paints, with what it may stand on. */
const pairs: Pair[] = rules.flatMap(({ selector, declarations }) => {
  const all = new Map(declarations);
  const own = named(all.get('background') ?? '');
  const text = all.get('color');
  const marks = ['fill', 'stroke'].flatMap((name) => all.get(name) ?? []);
  // A thin line separates; what it separates can be told without it. That of a field cannot.
  const edges = [all.get('border-color'), all.get('border')].filter((value) =>
    value?.includes('color-mix'),
  );
  const grounds = own === undefined ? PLAIN : [own];
  const pair = (value: string, ground: string, least: number) => ({
    where: selector,
    value,
    ground,
    least,
  });
  return [
    ...(text === undefined ? [] : grounds.map((ground) => pair(text, ground, TEXT))),
    ...[...marks, ...edges]
      .filter((value) => value !== undefined && value !== 'var(--line)')
      .flatMap((value) => PLAIN.map((ground) => pair(value ?? '', ground, MARK))),
  ];
});

/** What the words of a notice, and links in it, inherit. */
const inNotices: Pair[] = NOTICES.flatMap((ground) =>
  ['text', 'muted', 'accent', 'good', 'warn', 'bad'].map((name) => ({
    ...{ where: '.notice', value: `var(--${name})` },
    ...{ ground, least: TEXT },
  })),
);

describe.each(THEMES)('in the %s theme', (_, colours) => {
  test('each text and each mark stands out from what it is on', () => {
    const bad = [...pairs, ...inNotices].flatMap(({ where, value, ground, least }) => {
      const below = rgb(colours, ground);
      const colour = painted(colours, value, below);
      const ratio = colour === null ? Number.POSITIVE_INFINITY : contrast(colour, below);
      return ratio >= least
        ? []
        : [`${where}: ${value} on --${ground}: ${ratio.toFixed(2)} < ${least}`];
    });
    expect(bad).toEqual([]);
  });
});

test('the pairs are those of the styles, and the formula is that of WCAG', () => {
  expect(light.size).toBeGreaterThan(15);
  expect([...darker.keys()].filter((name) => !light.has(name))).toEqual([]);
  expect([...light.keys()].filter((name) => !darker.has(name))).toEqual([]);
  const found = pairs.map(({ where, value, ground }) => `${where} ${value} ${ground}`);
  expect(found).toEqual(
    expect.arrayContaining([
      '.primary var(--on-accent) accent',
      '.danger var(--ground) bad',
      '.muted, .hint, .zero var(--muted) sunken',
      '.flow .filtered var(--filtered) surface',
      'input, select color-mix(in srgb, var(--muted) 80%, transparent) surface',
    ]),
  );
  expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21);
  expect(contrast([118, 118, 118], [255, 255, 255])).toBeCloseTo(4.54, 2);
});
