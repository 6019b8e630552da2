import { expect, test } from '@jest/globals';
import type { IntakeStore } from '#queue/intake.ts';
import { Partitions } from '../../services/ingest/partitions.ts';

const store = { watermarks: async () => [null] } as unknown as IntakeStore;
const batch = (firstOffset: number) => ({
  firstOffset,
  lastOffset: firstOffset + 9,
  endOffset: 100,
});

test('what became void before a first watermark is read again, not passed over', async () => {
  const partitions = new Partitions(store);
  expect(await partitions.next('t', 0, batch(0))).toMatchObject({ kind: 'read' });
  partitions.forget();
  expect(await partitions.next('t', 0, batch(10))).toEqual({ kind: 'seek', offset: 0 });
  expect(await partitions.next('t', 0, batch(0))).toMatchObject({
    kind: 'read',
    position: { from: null, next: 0 },
  });
});
