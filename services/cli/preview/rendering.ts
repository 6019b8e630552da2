import { stripVTControlCharacters as stripped, styleText } from 'node:util';
import type { PersonalFields } from '#core/event/server-event.ts';
import { asObject } from '#core/event/track-event.ts';
import type { MappingResult } from '#core/mapping/mapping-result.ts';
import { hashPersonal } from '#core/privacy/hash.ts';
import { missingFields } from '#core/quality/match-advice.ts';
import { cut, padded, printable, widthOf, wrapped } from '../output/text.ts';
import { NEXT_STEPS } from './advice.ts';
import type { MappedLine } from './line-mapper.ts';

type Delivery = MappingResult & { readonly outcome: 'deliver' };
type Failure = Exclude<MappedLine['result'], Delivery>;

/** Field of the server event → where its value comes from. */
type Origins = ReadonlyMap<string, string>;

/** One line: a field, its value, and its origin. */
type PreviewRow = readonly [field: string, value: string, origin: string];

/** What is shown, and where. */
interface View {
  /** Where the event was read, such as `line 3`. */
  readonly place: string;
  /** As people are shown it; null when no pixel was selected. */
  readonly pixel: string | null;
  /** The event, if it could be read. */
  readonly input: unknown;
  /** Width of the terminal. */
  readonly columns: number;
}

const INDENT = '    ';

/** Columns; a narrower terminal gets the origin on its own line. */
const ENOUGH_FOR_THREE = 90;
const LONGEST_FIELD = 26;
const LONGEST_ORIGIN = 36;

const LONGEST_NAME = 72;

const bold = (text: string): string => styleText('bold', text);
const dim = (text: string): string => styleText('dim', text);

/** An event that is filtered or rejected: the reason, and what to do. */
export function renderFailure(view: View, { outcome, reason, message }: Failure): string {
  const colour = outcome === 'reject' ? 'red' : 'yellow';
  const next = wrapped(NEXT_STEPS[reason], view.columns, `${INDENT}  `).trim();
  return (
    title(view, nameOf(view.input), [`${outcome}: ${reason}`, colour]) +
    wrapped(printable(message), view.columns, INDENT) +
    `${INDENT}${dim('→')} ${next}\n\n`
  );
}

/** An event that is delivered: each field with its origin, the warnings, and what is missing. */
export function renderDelivery(
  view: View,
  result: Delivery,
  origins: Origins,
  reveal: boolean,
): string {
  const { plain, personal } = result.event;
  const { testEventCode: test } = result.event;
  const { custom_data: custom = {}, user_data: user, ...fields } = plain;
  const eventRows = rowsOf(withReadableTime(fields), (field) => eventOrigin(field, origins));
  const userRows = [
    ...hashedRows(personal, origins, reveal),
    ...rowsOf(user, (field) => origins.get(field) ?? ''),
  ];
  const customRows = rowsOf(custom, (field) => customOrigin(field, origins));
  const widths = widthsOf([...eventRows, ...userRows, ...customRows], view.columns);
  const name = printable(plain.event_name);
  const sent = nameOf(view.input);
  return [
    title(view, sent === name ? name : `${sent} → ${name}`, [
      test === undefined ? 'deliver' : `deliver: test event ${test}`,
      'green',
    ]),
    section('event', eventRows, widths),
    section('user_data', userRows, widths),
    section('custom_data', customRows, widths),
    warnings(result, view.columns),
    advice(result, view.columns),
    '\n',
  ].join('');
}

function title(
  { place, pixel, columns }: View,
  name: string,
  [outcome, colour]: readonly [string, 'green' | 'yellow' | 'red'],
): string {
  const where = pixel === null ? '' : `pixel ${pixel}`;
  const isWide = widthOf([place, name, outcome, where].join('  ')) <= columns;
  const shown = [bold(name), styleText(colour, outcome), isWide ? dim(where) : ''];
  const rest = shown.filter((part) => stripped(part) !== '').join('  ');
  // A long place, such as that of a message in Kafka, has a line of its own if the rest fits then.
  const [whole, own] = [`${place}  ${name}  ${outcome}`, `${INDENT}${name}  ${outcome}`];
  const isNarrow = widthOf(whole) > columns && widthOf(own) <= columns;
  const first = `${dim(place)}${isNarrow ? `\n${INDENT}` : '  '}${rest}`;
  return `${first}\n${isWide || where === '' ? '' : `${INDENT}${dim(where)}\n`}`;
}

/** The name that the sender gave the event. */
function nameOf(input: unknown): string {
  const event = asObject(input);
  const name = event?.['event'] ?? event?.['type'];
  return typeof name === 'string' ? cut(printable(name), LONGEST_NAME) : '';
}

/** Limited Data Use is one setting in three fields. */
function eventOrigin(field: string, origins: Origins): string {
  const isLimitedDataUse = field.startsWith('data_processing_options');
  const known = origins.get(isLimitedDataUse ? 'data_processing_options' : field);
  const parts = [...origins].flatMap(([name, origin]) =>
    name.startsWith(`${field}.`) ? [origin] : [],
  );
  const all = [parts, known ?? []].flat();
  if (all.length > 0) return all.join(', ');
  return field === 'event_time' ? 'the time it was read' : 'settings';
}

function customOrigin(field: string, origins: Origins): string {
  const isOfContents = field.startsWith('content') || field === 'num_items';
  const derived = isOfContents ? origins.get('custom_data.contents') : undefined;
  return origins.get(`custom_data.${field}`) ?? derived ?? `properties.${field}`;
}

function withReadableTime<T extends { event_time: number }>(fields: T): Record<string, unknown> {
  const time = new Date(fields.event_time * 1000).toISOString().replace('.000', '');
  return { ...fields, event_time: `${fields.event_time} (${time})` };
}

function warnings({ warnings: all }: Delivery, columns: number): string {
  if (all.length === 0) return '';
  const lines = all.map(({ code, path, message }) => {
    const where = INDENT + printable(path);
    const isWide = widthOf(`${where}  ${code}`) <= columns;
    const head = isWide ? `${where}  ${dim(code)}` : `${where}\n${INDENT}  ${dim(code)}`;
    return `${head}\n${wrapped(message, columns, `${INDENT}  `)}`;
  });
  return `  ${styleText('yellow', 'warnings')}\n${lines.join('')}`;
}

function advice({ event }: Delivery, columns: number): string {
  const missing = missingFields(event);
  if (missing.length === 0) return '';
  const width = Math.max(...missing.map(([place]) => place.length)) + 2;
  const lines = missing.map(([place, fields, why]) => {
    const text = `${fields.join(', ')}: ${why}`;
    return columns < ENOUGH_FOR_THREE
      ? `${INDENT}${place}\n${wrapped(text, columns, `${INDENT}  `)}`
      : `${INDENT}${place.padEnd(width)}${text}\n`;
  });
  return `  ${styleText('cyan', 'would raise match quality')}\n${lines.join('')}`;
}

/** Columns for the parts of a row. */
interface Widths {
  readonly field: number;
  readonly value: number;
  /** Null when the origin has its own line. */
  readonly origin: number | null;
}

/** Shared by all sections of an event, so that their columns align. */
function widthsOf(rows: readonly PreviewRow[], columns: number): Widths {
  const longest = (at: 0 | 1 | 2, most: number): number =>
    Math.min(most, Math.max(0, ...rows.map((row) => widthOf(row[at]))));
  const field = longest(0, LONGEST_FIELD) + 2;
  const left = columns - INDENT.length - field;
  if (columns < ENOUGH_FOR_THREE) return { field, value: left, origin: null };
  const origin = longest(2, LONGEST_ORIGIN);
  return { field, value: longest(1, left - origin - 4), origin };
}

/** Rows under a heading. */
function section(
  name: string,
  rows: readonly PreviewRow[],
  { field, value, origin }: Widths,
): string {
  if (rows.length === 0) return '';
  const lines = rows.map(([label, sent, from]) => {
    const start = INDENT + padded(cut(printable(label), field - 2), field);
    const short = cut(sent, value);
    if (origin !== null) {
      return `${start}${padded(short, value)}  ${styleText('dim', `← ${cut(from, origin)}`)}\n`;
    }
    return `${start}${short}\n${' '.repeat(INDENT.length + field)}${styleText('dim', `← ${cut(from, value - 2)}`)}\n`;
  });
  return `  ${styleText('dim', name)}\n${lines.join('')}`;
}

const HASH_SHOWN = 12;

/** The origin of an item that is the event itself, not part of a list. */
const WHOLE_EVENT = 'properties';

/** One row for each field of an object, and one for each item of a list of objects. */
function rowsOf(
  object: Readonly<Record<string, unknown>>,
  originOf: (field: string) => string,
): PreviewRow[] {
  return Object.entries(object).flatMap(([field, value]) => {
    const origin = originOf(field);
    const isList = Array.isArray(value) && value.length > 0 && value.every(asObject);
    if (!isList) return [[field, shown(value), origin] as const];
    return value.map((item, at): PreviewRow => {
      const from = origin === WHOLE_EVENT ? origin : `${origin}[${at}]`;
      return [`${field}[${at}]`, shown(item), from];
    });
  });
}

/** Personal fields: the start of the hash, and what was hashed if `reveal` is set. */
function hashedRows(personal: PersonalFields, origins: Origins, reveal: boolean): PreviewRow[] {
  return Object.entries(personal).flatMap(([field, values]) =>
    [values].flat().map((value): PreviewRow => {
      const hash = `sha256 ${hashPersonal(value).slice(0, HASH_SHOWN)}…`;
      return [field, reveal ? `${hash} of ${printable(value)}` : hash, origins.get(field) ?? ''];
    }),
  );
}

/** `id 620308, quantity 1` rather than JSON. */
function shown(value: unknown): string {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) {
    return value.map(printable).join(', ');
  }
  const object = asObject(value);
  if (object === null) return printable(value);
  return Object.entries(object)
    .map(([name, each]) => `${printable(name)} ${printable(each)}`)
    .join(', ');
}
