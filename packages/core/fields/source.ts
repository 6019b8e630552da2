import type { Json } from '../event/track-event.ts';
import { textOf } from '../mapping/scalars.ts';
import { faultIn, ParseFault } from '../text/parse-fault.ts';
import { type FieldPath, parsePath, readFieldPath } from './field-path.ts';

/** Where the value of a field may come from. */
export interface Source {
  readonly kind: 'path' | 'template' | 'literal' | 'sum' | 'items';
  /** As `preview` shows it. */
  readonly origin: string;
  /** Where a warning about its value points. */
  readonly path: string;
  /** Every path that it reads. */
  readonly reads: readonly FieldPath[];
  /** Undefined, or absent in another way, where the event has no value. */
  readonly read: (event: Json) => unknown;
}

const PLACEHOLDER_MARK = /\{\{|\}\}/;

/** A path, or a template where it has a placeholder. @throws ParseFault */
export function parseText(written: string): Source {
  if (PLACEHOLDER_MARK.test(written)) return parseTemplate(written);
  const steps = parsePath(written);
  const path = written.trim();
  const read = (event: Json): unknown => readFieldPath(event, steps);
  return { kind: 'path', origin: path, path, reads: [steps], read };
}

const MOST_PLACEHOLDERS = 20;
const PLACEHOLDER = /\{\{([^{}|]{1,256})\}\}/g;
const MARKS = /[{}]{2}/;
const USAGE = 'write each value as {{properties.sku}}, without filters';

/** Reads `"{{properties.sku}}-{{properties.variant}}"`. */
function parseTemplate(written: string): Source {
  const paths = [...written.matchAll(PLACEHOLDER)].map(([, path = '']) => path.trim());
  const texts = written.split(PLACEHOLDER).filter((_, at) => at % 2 === 0);
  if (texts.some((text) => MARKS.test(text)) || texts.some(touchesPlaceholder)) {
    throw new ParseFault('is not a template', USAGE);
  }
  if (paths.length > MOST_PLACEHOLDERS) {
    const message = `has more than ${MOST_PLACEHOLDERS} placeholders`;
    throw new ParseFault(message, 'write a shorter template');
  }
  const reads = faultIn('has a placeholder that', () => paths.map(parsePath));
  const read = (event: Json): unknown => render(event, texts, reads);
  return { kind: 'template', origin: `"${written}"`, path: paths.join(', '), reads, read };
}

/** Three brackets have another meaning elsewhere. */
function touchesPlaceholder(text: string, at: number, { length }: readonly string[]): boolean {
  return (at > 0 && text.startsWith('}')) || (at < length - 1 && text.endsWith('{'));
}

/** Undefined where the event lacks a value: half a text is not the value that was meant. */
function render(
  event: Json,
  texts: readonly string[],
  reads: readonly FieldPath[],
): string | undefined {
  let text = texts[0] ?? '';
  for (const [at, path] of reads.entries()) {
    const value = readFieldPath(event, path);
    const written = typeof value === 'boolean' ? String(value) : textOf(value);
    if (written === null) return undefined;
    text += written + (texts[at + 1] ?? '');
  }
  return text;
}

/** `{ value: EUR }`. @throws ParseFault */
export function parseLiteral(form: Json): Source {
  refuseOtherKeys(form, ['value']);
  const { value } = form;
  const place = 'settings.fields';
  return { kind: 'literal', origin: place, path: place, reads: [], read: () => value };
}

/** @throws ParseFault for a form that has other keys than these */
export function refuseOtherKeys(form: Json, known: readonly string[]): void {
  const other = Object.keys(form).find((key) => !known.includes(key));
  if (other === undefined) return;
  const fix = `remove it; the known keys are ${known.join(', ')}`;
  throw new ParseFault(`has an unknown key: ${other}`, fix);
}
