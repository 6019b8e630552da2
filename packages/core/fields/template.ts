import type { Json } from '../event/track-event.ts';
import { textOf } from '../mapping/scalars.ts';
import {
  type FieldPath,
  isFault,
  parsePath,
  readFieldPath,
  type SourceFault,
} from './field-path.ts';

/** A text with values of the event in it. */
interface Template {
  /** As they are written, for warnings. */
  readonly paths: readonly string[];
  readonly reads: readonly FieldPath[];
  /** Undefined where the event lacks a value: half a text is not the value that was meant. */
  readonly render: (event: Json) => string | undefined;
}

const MOST_PLACEHOLDERS = 20;
const PLACEHOLDER = /\{\{([^{}|]{1,256})\}\}/g;
const MARKS = /[{}]{2}/;
const USAGE = 'write each value as {{properties.sku}}, without filters';

/** Reads `"{{properties.sku}}-{{properties.variant}}"`. */
export function parseTemplate(written: string): Template | SourceFault {
  const paths = [...written.matchAll(PLACEHOLDER)].map(([, path = '']) => path.trim());
  const texts = written.split(PLACEHOLDER).filter((_, at) => at % 2 === 0);
  if (texts.some((text) => MARKS.test(text)) || texts.some(touchesPlaceholder)) {
    return { message: 'is not a template', fix: USAGE };
  }
  if (paths.length > MOST_PLACEHOLDERS) {
    const message = `has more than ${MOST_PLACEHOLDERS} placeholders`;
    return { message, fix: 'write a shorter template' };
  }
  const reads: FieldPath[] = [];
  for (const path of paths) {
    const read = parsePath(path);
    if (isFault(read)) return { message: `has a placeholder that ${read.message}`, fix: read.fix };
    reads.push(read);
  }
  return { paths, reads, render: (event) => render(event, texts, reads) };
}

/** Three brackets have another meaning elsewhere. */
function touchesPlaceholder(text: string, at: number, { length }: readonly string[]): boolean {
  return (at > 0 && text.startsWith('}')) || (at < length - 1 && text.endsWith('{'));
}

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
