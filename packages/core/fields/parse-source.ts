import { asObject } from '../event/track-event.ts';
import type { SourceFault } from './field-path.ts';
import { parseItems } from './items.ts';
import { parseLiteral, parseText, type Source } from './source.ts';
import { parseSum } from './sum.ts';

const FORMS =
  'write a path such as properties.email, a template such as "{{properties.sku}}-1", or { value: … }';

/** Reads one source of a field as the configuration has it. */
export function parseSource(written: unknown): Source | SourceFault {
  if (typeof written === 'string') return parseText(written);
  const form = asObject(written) ?? {};
  if (Object.hasOwn(form, 'value')) return parseLiteral(form);
  if (Object.hasOwn(form, 'sum')) return parseSum(form);
  if (Object.hasOwn(form, 'each')) return parseItems(form);
  return { message: 'is not a source of a field', fix: FORMS };
}
