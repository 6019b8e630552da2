import { hash } from 'node:crypto';
import { SEGMENT_EVENTS, STANDARD_EVENTS } from '../mapping/event-name.ts';

/*
 * Values that cannot be personal: only these are shown, logged or stored unencrypted. A list of harmless
 * forms, because a list of personal ones is never complete.
 */

const NUMBER = /^-?\d{1,6}(?:\.\d{1,4})?$/;

/** A number too short for a phone, a card or an account: up to six digits, and four decimals. */
export function isHarmlessNumber(value: unknown): boolean {
  if (typeof value !== 'number' && typeof value !== 'string') return false;
  return NUMBER.test(String(value));
}

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?$/;

/** An ISO 8601 date with a time; a date alone may be a birthday. */
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

/** UUID, ULID or hexadecimal hash, also with the prefix of analytics.js. */
const OPAQUE =
  /^(?:ajs-(?:next-)?)?(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-7][0-9A-HJKMNP-TV-Z]{25}|(?=[0-9]{0,63}[a-f])[0-9a-f]{32}(?:[0-9a-f]{8})?(?:[0-9a-f]{24})?)$/i;

/** A machine-generated ID, which cannot contain text of a person. */
export function isOpaqueId(id: string): boolean {
  return OPAQUE.test(id);
}

/** How many hexadecimal digits a reference has: enough to tell texts apart, too few to be one. */
const REFERENCE_LENGTH = 12;
const EVENT_REFERENCE = /^custom event #[0-9a-f]{12}$/;
const ID_REFERENCE = /^#[0-9a-f]{12}$/;

function referenceOf(text: string): string {
  return `#${hash('sha256', text, 'hex').slice(0, REFERENCE_LENGTH)}`;
}

/**
 * An event name as it may be shown. A custom name may contain anything, so a reference replaces it:
 * the same for the same name, so that a search for the name finds it.
 */
export function eventNameShown(name: string): string {
  if (isStandardEvent(name) || EVENT_REFERENCE.test(name)) return name;
  return `custom event ${referenceOf(name)}`;
}

/** An event ID as it may be shown: a reference replaces one that is not opaque. */
export function eventIdShown(id: string): string {
  return isOpaqueId(id) || ID_REFERENCE.test(id) ? id : referenceOf(id);
}
