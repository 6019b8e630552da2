import type { RecordFacts } from '../record/record.ts';
import { readPlain } from '../record/record.ts';

/** How many patterns of offenders are remembered for a lane. */
const MOST_KINDS = 16;

/** How often a pattern must have been rejected before events that match it are suspected. */
const RECURS = 2;

const LONGEST_SHAPE = 40;

/**
 * The shape of a value without its content: runs of letters and of digits become one character each, so
 * that `fb.1.1554763741205.AbC` is `a.9.9.a`. It contains nothing personal.
 */
export function shapeOf(value: unknown): string {
  if (typeof value !== 'string') return value === null ? 'null' : typeof value;
  const shape = value.replace(/\p{L}+/gu, 'a').replace(/\p{N}+/gu, '9');
  return `"${shape.slice(0, LONGEST_SHAPE)}"`;
}

/**
 * Remembers the patterns of offenders: the event name, the field that Meta rejected, and the shape of
 * its value. Events that match are sent apart from the others, so that they do not spoil another batch;
 * Meta still judges each of them. Once Meta accepts one, its pattern is forgotten.
 */
export class OffenderPatterns {
  /** Pattern → how often it was rejected, the least recent first. */
  private readonly kinds = new Map<string, number>();

  /** Notes that an event was rejected alone because of this field; null where Meta names none. */
  refused(record: RecordFacts, field: string | null): void {
    if (field === null) return;
    const kind = kindOf(readPlain(record.line), field);
    const times = (this.kinds.get(kind) ?? 0) + 1;
    this.kinds.delete(kind);
    this.kinds.set(kind, times);
    const [oldest = ''] = this.kinds.keys();
    if (this.kinds.size > MOST_KINDS) this.kinds.delete(oldest);
  }

  /** Notes that events were accepted. */
  accepted(records: readonly RecordFacts[]): void {
    if (this.fields().length === 0) return;
    for (const record of records) for (const kind of this.kindsOf(record)) this.kinds.delete(kind);
  }

  /** The events that match a pattern, and the others; one group where all or none match. */
  separate<R extends RecordFacts>(records: readonly R[]): readonly (readonly R[])[] {
    if (this.fields().length === 0) return [records];
    const suspects = new Set(records.filter((record) => this.kindsOf(record).length > 0));
    if (suspects.size === 0 || suspects.size === records.length) return [records];
    return [[...suspects], records.filter((record) => !suspects.has(record))];
  }

  private fields(): string[] {
    const recurring = [...this.kinds].filter(([, times]) => times >= RECURS);
    return [...new Set(recurring.map(([kind]) => kind.split('|')[1] ?? ''))];
  }

  private kindsOf(record: RecordFacts): string[] {
    const event = readPlain(record.line);
    const kinds = this.fields().map((field) => kindOf(event, field));
    return kinds.filter((kind) => (this.kinds.get(kind) ?? 0) >= RECURS);
  }
}

/** The objects of an event that have fields. */
const GROUPS = ['user_data', 'custom_data', 'app_data'] as const;

function kindOf(event: Readonly<Record<string, unknown>>, field: string): string {
  const groups = GROUPS.map((group) => event[group]).filter(isObject);
  const holder = [event, ...groups].find((each) => Object.hasOwn(each, field));
  const name = String(event['event_name']).replaceAll('|', '/');
  return `${name}|${field}|${holder === undefined ? 'absent' : shapeOf(holder[field])}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
