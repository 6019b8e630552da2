import { stripVTControlCharacters as stripped, styleText } from 'node:util';
import { asObject } from '#core/event/track-event.ts';
import type { MappingResult } from '#core/mapping/mapping-result.ts';
import { missingFields } from './match-quality.ts';
import { type AnyReason, NEXT_STEPS } from './next-steps.ts';
import { hashedRows, type Origins, rowsOf } from './rows.ts';
import { ENOUGH_FOR_THREE, INDENT, section, widthsOf } from './sections.ts';
import { cut, textOf, widthOf, wrapped } from './text-layout.ts';

type Delivery = MappingResult & { readonly outcome: 'deliver' };

/** Where something is shown, and of which line. */
export interface View {
  /** Of the line. */
  readonly number: number;
  /** Null where no pixel was asked. */
  readonly pixelId: string | null;
  /** The event, as far as it could be read. */
  readonly input: unknown;
  /** Of the terminal. */
  readonly columns: number;
}

const LONGEST_CALL = 72;

const bold = (text: string): string => styleText('bold', text);
const dim = (text: string): string => styleText('dim', text);

/** An event that is left out or refused: which, why, and what to do about it. */
export function renderRefusal(
  view: View,
  outcome: 'filter' | 'reject',
  { reason, message }: { readonly reason: AnyReason; readonly message: string },
): string {
  const colour = outcome === 'reject' ? 'red' : 'yellow';
  const next = wrapped(NEXT_STEPS[reason], view.columns, `${INDENT}  `).trim();
  return (
    title(view, callOf(view.input), [`${outcome}: ${reason}`, colour]) +
    wrapped(textOf(message), view.columns, INDENT) +
    `${INDENT}${dim('→')} ${next}\n\n`
  );
}

/** An event that is delivered: every field with its origin, the warnings, and what is missing. */
export function renderDelivery(
  view: View,
  verdict: Delivery,
  origins: Origins,
  reveal: boolean,
): string {
  const { clear, personal } = verdict.event;
  const { custom_data: custom = {}, user_data: user, ...fields } = clear;
  const eventRows = rowsOf(withReadableTime(fields), (field) => eventOrigin(field, origins));
  const userRows = [
    ...hashedRows(personal, origins, reveal),
    ...rowsOf(user, (field) => origins.get(field) ?? ''),
  ];
  const customRows = rowsOf(custom, (field) => customOrigin(field, origins));
  const widths = widthsOf([...eventRows, ...userRows, ...customRows], view.columns);
  const name = textOf(clear.event_name);
  const call = callOf(view.input);
  return [
    title(view, call === name ? name : `${call} → ${name}`, ['deliver', 'green']),
    section('event', eventRows, widths),
    section('user_data', userRows, widths),
    section('custom_data', customRows, widths),
    warnings(verdict, view.columns),
    advice(verdict, view.columns),
    '\n',
  ].join('');
}

function title(
  { number, pixelId, columns }: View,
  name: string,
  [outcome, colour]: readonly [string, 'green' | 'yellow' | 'red'],
): string {
  const line = `line ${number}`;
  const where = pixelId === null ? '' : `pixel ${pixelId}`;
  const isWide = widthOf([line, name, outcome, where].join('  ')) <= columns;
  const parts = [dim(line), bold(name), styleText(colour, outcome)];
  const shown = [...parts, isWide ? dim(where) : ''].filter((part) => stripped(part) !== '');
  return `${shown.join('  ')}\n${isWide || where === '' ? '' : `${INDENT}${dim(where)}\n`}`;
}

/** What the sender calls it. */
function callOf(input: unknown): string {
  const event = asObject(input);
  const name = event?.['event'] ?? event?.['type'];
  return typeof name === 'string' ? cut(textOf(name), LONGEST_CALL) : '';
}

/** Limited Data Use is one choice in three fields. */
function eventOrigin(field: string, origins: Origins): string {
  const isOfChoice = field.startsWith('data_processing_options');
  const known = origins.get(isOfChoice ? 'data_processing_options' : field);
  return known ?? (field === 'event_time' ? 'the time it was read' : 'settings');
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
    const where = INDENT + textOf(path);
    const isWide = widthOf(`${where}  ${code}`) <= columns;
    const head = isWide ? `${where}  ${dim(code)}` : `${where}\n${INDENT}  ${dim(code)}`;
    return `${head}\n${wrapped(message, columns, `${INDENT}  `)}`;
  });
  return `  ${styleText('yellow', 'warnings')}\n${lines.join('')}`;
}

function advice({ event }: Delivery, columns: number): string {
  const missing = missingFields(event);
  if (missing.length === 0) return '';
  const width = Math.max(...missing.map(({ place }) => place.length)) + 2;
  const lines = missing.map(({ fields, place, why }) => {
    const text = `${place.padEnd(width)}${fields.join(', ')}: ${why}`;
    return columns < ENOUGH_FOR_THREE
      ? `${INDENT}${place}\n${wrapped(`${fields.join(', ')}: ${why}`, columns, `${INDENT}  `)}`
      : `${INDENT}${text}\n`;
  });
  return `  ${styleText('cyan', 'would raise match quality')}\n${lines.join('')}`;
}
