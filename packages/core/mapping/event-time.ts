import { numberAt, startOfDay } from '../event/calendar.ts';
import type { Json } from '../event/track-event.ts';
import { isAbsent } from './scalars.ts';

/**
 * The fields with the time of an event; the first one present counts.
 * Source: Segment Spec, common fields: `timestamp` is when the event happened, corrected for the
 * clock of the device; the others come as close as can be where it is missing.
 */
const TIME_FIELDS = ['timestamp', 'originalTimestamp', 'sentAt', 'receivedAt'] as const;

/** Smaller numbers are seconds, others milliseconds: in seconds it is the year 5138. */
const FIRST_MS = 1e11;
const LATEST_MS = 1e14;

const EPOCH = /^\d{1,16}(?:\.\d{1,9})?$/;
const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;
const LONGEST = 40;
const MINUTE_MS = 60_000;

/** The field that gives the time, and null when its value is not a time. */
export interface EventTime {
  readonly field: string;
  /** Unix ms. */
  readonly ms: number | null;
}

/** The time of an event; null when no field gives one. */
export function eventTimeOf(event: Json): EventTime | null {
  const { timestamp } = event;
  if (!isAbsent(timestamp)) return { field: 'timestamp', ms: timeOf(timestamp) };
  for (const field of TIME_FIELDS) {
    const value = event[field];
    if (!isAbsent(value)) return { field, ms: timeOf(value) };
  }
  return null;
}

/** ISO 8601, or Unix time in seconds or milliseconds, also as text → Unix ms; else null. */
export function timeOf(value: unknown): number | null {
  if (typeof value === 'number') return epoch(value);
  if (typeof value !== 'string' || value.length > LONGEST) return null;
  const usual = usualIso(value);
  if (usual !== null) return usual;
  const text = value.trim();
  return EPOCH.test(text) ? epoch(Number(text)) : anyIso(text);
}

function epoch(value: number): number | null {
  if (!(value >= 0)) return null;
  const ms = Math.floor(value < FIRST_MS ? value * 1000 : value);
  return ms < LATEST_MS ? ms : null;
}

/** `2026-11-20T10:00:00.000Z`, the form of nearly every library; null for any other form. */
function usualIso(text: string): number | null {
  if (text.length !== 24 || text[10] !== 'T' || text[19] !== '.' || text[23] !== 'Z') return null;
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':') return null;
  const year = numberAt(text, 0, 4);
  const month = numberAt(text, 5, 7);
  const day = numberAt(text, 8, 10);
  const hour = numberAt(text, 11, 13);
  const minute = numberAt(text, 14, 16);
  const second = numberAt(text, 17, 19);
  if (!isTimeOfDay(hour, minute, second)) return null;
  const ms = startOfDay(year, month, day) + clock(hour, minute, second) + numberAt(text, 20, 23);
  return ms >= 0 ? ms : null;
}

function clock(hour: number, minute: number, second: number): number {
  return ((hour * 60 + minute) * 60 + second) * 1000;
}

/** A leap second is valid. */
function isTimeOfDay(hour: number, minute: number, second: number): boolean {
  return hour <= 23 && minute <= 59 && second <= 60;
}

/** A time without a zone is in UTC, so that the machine's zone does not matter. */
function anyIso(text: string): number | null {
  const parts = ISO.exec(text);
  if (parts === null) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', zone] = parts;
  if (!isTimeOfDay(Number(hour), Number(minute), Number(second))) return null;
  const date = startOfDay(Number(year), Number(month), Number(day));
  const time = clock(Number(hour), Number(minute), Number(second) + Number(`0.${fraction}`));
  const ms = Math.floor(date + time - offset(zone) * MINUTE_MS);
  return ms >= 0 ? ms : null;
}

/** Minutes; NaN for an impossible offset. */
function offset(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || '0');
  if (!isTimeOfDay(hours, minutes, 0)) return Number.NaN;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}
