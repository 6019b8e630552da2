import { styleText } from 'node:util';
import { hashPersonal } from '#core/hash.ts';
import type { PersonalFields } from '#core/server-event.ts';
import { asObject } from '#core/track-event.ts';
import type { Verdict } from '#core/verdict.ts';
import { missingFields } from './match-quality.ts';

/** Field of the server event → where it came from. */
export type Origins = ReadonlyMap<string, string>;

type Delivery = Verdict & { readonly outcome: 'deliver' };

export interface DeliveryView {
  readonly number: number;
  readonly pixelId: string;
  readonly input: unknown;
  readonly verdict: Delivery;
  readonly origins: Origins;
  /** True shows personal values as they are before hashing. */
  readonly reveal: boolean;
}

/** One line: field, what is sent, and where it came from. */
type Row = readonly [field: string, value: string, origin: string];

const FIELD_WIDTH = 24;
const VALUE_WIDTH = 44;
const HASH_SHOWN = 12;

const bold = (text: string): string => styleText('bold', text);
const dim = (text: string): string => styleText('dim', text);

/** An event that is left out or refused: which, and why. */
export function renderRefusal(
  number: number,
  pixelId: string | null,
  outcome: 'filter' | 'reject',
  { reason, message }: { readonly reason: string; readonly message: string },
): string {
  const colour = outcome === 'reject' ? 'red' : 'yellow';
  const where = pixelId === null ? '' : dim(`  pixel ${pixelId}`);
  return `${bold(`${number}`)}  ${styleText(colour, `${outcome}: ${reason}`)}${where}\n    ${textOf(message)}\n\n`;
}

/** An event that is delivered: every field with its origin, the warnings, and what is missing. */
export function renderDelivery(view: DeliveryView): string {
  const { clear, personal } = view.verdict.event;
  const { custom_data: custom = {}, user_data: user, ...fields } = clear;
  const sections = [
    title(view),
    section('event', rowsOf(withReadableTime(fields), '', view.origins, 'settings')),
    section('user_data', [...hashedRows(personal, view), ...rowsOf(user, '', view.origins, '')]),
    section('custom_data', rowsOf(custom, 'custom_data.', view.origins, 'properties')),
    notes('warnings', 'yellow', warningsOf(view)),
    notes('would raise match quality', 'cyan', adviceOf(view)),
  ];
  return `${sections.filter((text) => text !== '').join('')}\n`;
}

function title({ number, pixelId, input, verdict }: DeliveryView): string {
  const { event_name: name } = verdict.event.clear;
  const call = asObject(input)?.['event'] ?? asObject(input)?.['type'];
  const names = call === name ? textOf(name) : `${textOf(call)} → ${textOf(name)}`;
  return `${bold(`${number}  ${names}`)}  ${styleText('green', 'deliver')}${dim(`  pixel ${pixelId}`)}\n`;
}

function rowsOf(
  object: Readonly<Record<string, unknown>>,
  prefix: string,
  origins: Origins,
  otherwise: string,
): Row[] {
  return Object.entries(object).map(([field, value]) => {
    const derived = origins.get(`${prefix}contents`);
    const fromContents = field.startsWith('content') || field === 'num_items' ? derived : undefined;
    const own = prefix === '' ? otherwise : `${otherwise}.${field}`;
    return [field, textOf(value), origins.get(prefix + field) ?? fromContents ?? own];
  });
}

function hashedRows(personal: PersonalFields, { origins, reveal }: DeliveryView): Row[] {
  return Object.entries(personal).flatMap(([field, values]) =>
    [values].flat().map((value): Row => {
      const hash = `sha256 ${hashPersonal(value).slice(0, HASH_SHOWN)}…`;
      return [field, reveal ? `${hash} of ${textOf(value)}` : hash, origins.get(field) ?? ''];
    }),
  );
}

function withReadableTime<T extends { event_time: number }>(fields: T): Record<string, unknown> {
  const time = new Date(fields.event_time * 1000).toISOString().replace('.000', '');
  return { ...fields, event_time: `${fields.event_time} (${time})` };
}

/** What an event says must not move the cursor or colour the screen. */
function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.replace(/\p{C}/gu, '\ufffd');
}

function section(name: string, rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const lines = rows.map(([field, value, origin]) => {
    const shown = value.length > VALUE_WIDTH ? `${value.slice(0, VALUE_WIDTH - 1)}…` : value;
    return `    ${textOf(field).padEnd(FIELD_WIDTH)}${shown.padEnd(VALUE_WIDTH + 2)}${dim(`← ${origin}`)}\n`;
  });
  return `  ${dim(name)}\n${lines.join('')}`;
}

function notes(name: string, colour: 'yellow' | 'cyan', lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `  ${styleText(colour, name)}\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

function warningsOf({ verdict }: DeliveryView): string[] {
  return verdict.warnings.map(
    ({ code, path, message }) => `${code}  ${textOf(path)}\n      ${message}`,
  );
}

function adviceOf({ verdict }: DeliveryView): string[] {
  return missingFields(verdict.event).map(
    ({ fields, place, why }) => `${fields.join(', ').padEnd(FIELD_WIDTH)}${place}: ${why}`,
  );
}
