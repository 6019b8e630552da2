import { hash } from 'node:crypto';
import { SEGMENT_EVENTS, STANDARD_EVENTS } from '../mapping/event-name.ts';

/*
 * What cannot be a person's: the only values of an event that are shown, logged or kept in the clear. It
 * is a list of forms that are harmless, because a list of what is personal is never complete.
 */

const NUMBER = /^-?\d{1,6}(?:\.\d{1,4})?$/;

/** A number too short for a phone, a card or an account: up to six digits, and four behind the point. */
export function isHarmlessNumber(value: unknown): boolean {
  if (typeof value !== 'number' && typeof value !== 'string') return false;
  return NUMBER.test(String(value));
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?$/;

/** A moment as ISO 8601 has it; a date alone may be a birthday. */
export function isIsoTime(value: unknown): boolean {
  return typeof value === 'string' && ISO_TIME.test(value);
}

const STANDARD_NAMES: ReadonlySet<string> = new Set(
  [...STANDARD_EVENTS, ...SEGMENT_EVENTS].map((name) => name.toLowerCase()),
);

/** A name of Meta's standard events or of Segment's spec. */
export function isStandardEvent(name: unknown): boolean {
  return typeof name === 'string' && STANDARD_NAMES.has(name.trim().toLowerCase());
}

/** UUID, ULID or a hash in hexadecimal, also behind the prefix that analytics.js writes. */
const OPAQUE =
  /^(?:ajs-(?:next-)?)?(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-7][0-9A-HJKMNP-TV-Z]{25}|(?=[0-9]{0,63}[a-f])[0-9a-f]{32}(?:[0-9a-f]{8})?(?:[0-9a-f]{24})?)$/i;

/** An id that a machine drew, in which nobody can have written anything. */
export function isOpaqueId(id: string): boolean {
  return OPAQUE.test(id);
}

/** How many hexadecimal digits stand for a text: enough to tell texts apart, too few to be one. */
const REFERENCE_LENGTH = 12;
const EVENT_REFERENCE = /^custom event #[0-9a-f]{12}$/;
const ID_REFERENCE = /^#[0-9a-f]{12}$/;

function referenceOf(text: string): string {
  return `#${hash('sha256', text, 'hex').slice(0, REFERENCE_LENGTH)}`;
}

/**
 * An event name as it may be shown. A custom name may hold anything, so that a reference stands for it:
 * the same for the same name, and found by the name itself.
 */
export function eventNameShown(name: string): string {
  if (isStandardEvent(name) || EVENT_REFERENCE.test(name)) return name;
  return `custom event ${referenceOf(name)}`;
}

/** An event id as it may be shown: one that is not opaque by a reference, as with names. */
export function eventIdShown(id: string): string {
  return isOpaqueId(id) || ID_REFERENCE.test(id) ? id : referenceOf(id);
}
