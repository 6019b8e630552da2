import { asObject } from '../event/track-event.ts';
import { faultOr, ParseFault } from '../text/parse-fault.ts';
import { parseItems } from './items.ts';
import { parseLiteral, parseText, type Source } from './source.ts';
import { parseSum } from './sum.ts';

/** What is wrong with a source, and how to write it. */
export type SourceFault = Pick<ParseFault, 'message' | 'fix'>;

const FORMS =
  'write a path such as properties.email, a template such as "{{properties.sku}}-1", or { value: … }';

/** Reads one source of a field as the configuration has it. */
export function parseSource(written: unknown): Source | SourceFault {
  return faultOr(() => {
    if (typeof written === 'string') return parseText(written);
    const form = asObject(written) ?? {};
    if (Object.hasOwn(form, 'value')) return parseLiteral(form);
    if (Object.hasOwn(form, 'sum')) return parseSum(form);
    if (Object.hasOwn(form, 'each')) return parseItems(form);
    throw new ParseFault('is not a source of a field', FORMS);
  });
}

export function isFault(parsed: Source | SourceFault): parsed is SourceFault {
  return 'fix' in parsed;
}
