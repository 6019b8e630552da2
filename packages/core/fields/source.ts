import type { Json } from '../event/track-event.ts';
import {
  type FieldPath,
  isFault,
  parsePath,
  readFieldPath,
  type SourceFault,
} from './field-path.ts';
import { parseTemplate } from './template.ts';

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

/** A path, or a template where it has a placeholder. */
export function parseText(written: string): Source | SourceFault {
  if (PLACEHOLDER_MARK.test(written)) return templateOf(written);
  const steps = parsePath(written);
  if (isFault(steps)) return steps;
  const path = written.trim();
  return {
    ...{ kind: 'path', origin: path, path, reads: [steps] },
    read: (event) => readFieldPath(event, steps),
  };
}

function templateOf(written: string): Source | SourceFault {
  const template = parseTemplate(written);
  if (isFault(template)) return template;
  const { reads, paths, render } = template;
  return {
    ...{ kind: 'template', origin: `"${written}"`, path: paths.join(', '), reads },
    read: render,
  };
}

/** `{ value: EUR }`. */
export function parseLiteral(form: Json): Source | SourceFault {
  const { value } = form;
  const read = (): unknown => value;
  return (
    unknownKey(form, ['value']) ?? {
      ...{ kind: 'literal', origin: 'settings.fields', path: 'settings.fields', reads: [], read },
    }
  );
}

/** Null where a form has only keys that it knows. */
export function unknownKey(form: Json, known: readonly string[]): SourceFault | null {
  const other = Object.keys(form).find((key) => !known.includes(key));
  if (other === undefined) return null;
  const message = `has an unknown key: ${other}`;
  return { message, fix: `remove it; the known keys are ${known.join(', ')}` };
}
