import { ParamBuilder } from 'capi-param-builder-nodejs';
import { Content, CustomData, ServerEvent, UserData } from 'facebook-nodejs-business-sdk';
import type { ComparedField } from './fields.ts';
import { type Result, sentAt } from './result.ts';

/** Meta's libraries, by the names that the rows of differences.json have for them. */
export type Library = 'sdk' | 'builder';

const PARTS = { user: UserData, custom: CustomData, content: Content, event: ServerEvent };

/** What Meta's Business SDK makes of a value that a caller sets; null is a value that is never set. */
export function sdk(
  { to, sdk: [part, setter], severalSetter }: ComparedField,
  value: unknown,
): Result {
  const object = new PARTS[part]();
  const isSeveral = severalSetter !== undefined && Array.isArray(value);
  try {
    if (value !== null) object[isSeveral ? severalSetter : setter]?.(value);
    return sentAt(JSON.stringify(object.normalize()), to.slice(to.lastIndexOf('.') + 1));
  } catch {
    return { refused: 'throws' };
  }
}

const builder = new ParamBuilder();
/** Which the builder appends to every hash to say which of Meta's libraries wrote it. */
const APPENDIX = /\.\w{8}$/;

/** What Meta's parameter builder makes of a value of one of its types. It takes one at a time. */
export function parameterBuilder({ builder: type = '' }: ComparedField, value: unknown): Result {
  const values = Array.isArray(value) ? value : [value];
  const hashes = values.map((each) => builder.getNormalizedAndHashedPII(each as string, type));
  const found = new Set(hashes.flatMap((hash) => hash?.replace(APPENDIX, '') ?? []));
  return found.size === 0 ? 'nothing' : { sent: [...found] };
}
