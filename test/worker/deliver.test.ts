import { describe, expect, test } from '@jest/globals';
import type { Outcome, Refusal } from '#core/outcome/answer.ts';
import { type OpenedRecord, openRecord, writeRecord } from '#core/record.ts';
import { deliver } from '../../services/worker/deliver.ts';
import { Gatherer } from '../../services/worker/gatherer.ts';

const REFUSAL: Refusal = {
  status: 400,
  code: 100,
  subcode: 2804001,
  message: 'no',
  traceId: 'T',
  index: null,
};

function record(offset: number): OpenedRecord {
  const clear = {
    event_name: 'Purchase',
    event_time: 1_763_632_800,
    event_id: `e${offset}`,
    action_source: 'website' as const,
    user_data: {},
  };
  const line = writeRecord({ clear, personal: {} }, { offset, timestamp: 0 }, 0);
  return openRecord(Buffer.from(line));
}

const records = Array.from({ length: 100 }, (_, offset) => record(offset));
const delivered: Outcome = { kind: 'delivered', received: 1, warnings: 0 };

describe('delivering a batch', () => {
  test.each([true, false])(
    'buries the offenders and nobody else (index named: %s)',
    async (named) => {
      const offenders = new Set([3, 4, 99]);
      const fates = await deliver(records, async (part) => {
        const index = part.findIndex(({ offset }) => offenders.has(offset));
        if (index < 0) return delivered;
        const refusal = { ...REFUSAL, index: named ? index : null };
        return { kind: 'rejected', tooLarge: false, refusal };
      });
      fates.forEach((fate, offset) => {
        expect(fate.kind).toBe(offenders.has(offset) ? 'rejected' : 'delivered');
      });
    },
  );

  test('keeps what was not answered yet once it is told to wait', async () => {
    let requests = 0;
    const fates = await deliver(records, async (part) => {
      requests += 1;
      if (requests === 1) return { kind: 'rejected', tooLarge: true, refusal: REFUSAL };
      if (requests === 2) return delivered;
      expect(part).toHaveLength(50);
      return { kind: 'throttled', waitMs: null, refusal: REFUSAL };
    });
    expect(requests).toBe(3);
    expect(fates.slice(0, 50).every(({ kind }) => kind === 'delivered')).toBe(true);
    expect(fates.slice(50).every(({ kind }) => kind === 'later')).toBe(true);
  });
});

describe('gathering', () => {
  function gathererOf(maxEvents: number, requests = 2) {
    const batches: { offsets: number[]; trigger: string }[] = [];
    const open: (() => void)[] = [];
    const gatherer = new Gatherer({
      limits: { maxEvents, maxBytes: 1_000_000 },
      lingerMs: 5,
      requests,
      send: async (sent, trigger) => {
        batches.push({ offsets: sent.map(({ offset }) => offset), trigger });
        await new Promise<void>((resolve) => open.push(resolve));
        return sent.map(() => ({ kind: 'delivered' }));
      },
    });
    return { gatherer, batches, open };
  }

  test('puts whole envelopes together until a batch is full', async () => {
    const { gatherer, batches, open } = gathererOf(5);
    const first = gatherer.deliver(records.slice(0, 3));
    const second = gatherer.deliver(records.slice(3, 5));
    const third = gatherer.deliver(records.slice(5, 7));
    gatherer.drain();
    open.forEach((answer) => {
      answer();
    });
    expect((await first).length + (await second).length + (await third).length).toBe(7);
    expect(batches).toEqual([
      { offsets: [0, 1, 2, 3, 4], trigger: 'count' },
      { offsets: [5, 6], trigger: 'stop' },
    ]);
  });

  test('sends an envelope that is larger than a batch in parts', async () => {
    const { gatherer, batches, open } = gathererOf(4, 9);
    const fates = gatherer.deliver(records.slice(0, 10));
    gatherer.drain();
    open.forEach((answer) => {
      answer();
    });
    expect(await fates).toHaveLength(10);
    expect(batches.map(({ offsets }) => offsets.length)).toEqual([4, 4, 2]);
  });

  test('has no more requests under way than it may', async () => {
    const { gatherer, batches, open } = gathererOf(1, 2);
    const all = Promise.all(records.slice(0, 6).map((each) => gatherer.deliver([each])));
    expect(batches).toHaveLength(2);
    while (batches.length < 6 || open.length > 0) {
      open.shift()?.();
      await new Promise(setImmediate);
    }
    expect(await all).toHaveLength(6);
  });
});
