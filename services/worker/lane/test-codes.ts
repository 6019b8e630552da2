import type { SendableRecord } from '#core/record/record.ts';
import type { EventResult } from './outgoing-batch.ts';

/**
 * The events of an envelope by the test event code that a rule gave them: a request has one code for
 * all of its events. An envelope without codes, as nearly all are, stays as it is.
 */
export function byTestCode(
  records: readonly SendableRecord[],
): readonly (readonly SendableRecord[])[] {
  const first = records[0]?.testEventCode;
  if (records.every(({ testEventCode }) => testEventCode === first)) return [records];
  return [...Map.groupBy(records, ({ testEventCode }) => testEventCode).values()];
}

/** The test event code that a rule gave the events of a request, which all have the same one; or null. */
export function testCodeOf(records: readonly SendableRecord[]): string | null {
  return records[0]?.testEventCode ?? null;
}

/** The results of all parts in the order of the records. */
export function inOrder(
  records: readonly SendableRecord[],
  parts: readonly (readonly SendableRecord[])[],
  results: readonly (readonly EventResult[])[],
): EventResult[] {
  const byRecord = new Map(
    parts.flatMap((part, at) => part.map((record, index) => [record, results[at]?.[index]])),
  );
  return records.map((record) => byRecord.get(record) ?? { kind: 'held', deferMs: null });
}
