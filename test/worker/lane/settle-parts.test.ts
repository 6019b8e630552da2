import { describe, expect, test } from '@jest/globals';
import type { Disposition } from '#store/delivery/lane.ts';
import type { Settlement, SettlementResult } from '#store/delivery/settlement.ts';
import type { EnvelopeData } from '#store/intake/envelope.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { recordAt } from '#test/support/batch-sending.ts';
import { HELD_LEASE } from '#test/support/held-lease.ts';
import type { EventResult } from '#worker/lane/outgoing-batch.ts';
import { type Decision, decide, EnvelopeSettlement } from '#worker/lane/settle.ts';

const EVENTS = 10;
const FACTS = { pixelId: '1', sources: [['t', 0]] as const, failures: 0 };
const POLICY = {
  retry: { attempts: 3, baseMs: 1000, capMs: 10_000 },
  marginMs: 60_000,
};
const RELEASE: Disposition = { kind: 'release' };

const records = Array.from({ length: EVENTS }, (_, offset) => recordAt(offset));

/** The settlement of one envelope, and what the store was asked to settle. */
function settlementOf(answer: (n: number, asked: Settlement) => SettlementResult) {
  const asked: Settlement[] = [];
  const counted = { delivered: 0, retried: 0, refused: 0 };
  const store = {
    async settle(next: Settlement) {
      asked.push(next);
      return answer(asked.length, next);
    },
  };
  const observer = {
    onSettled(_id: string, delivered: number, _dead: unknown, retried: number) {
      counted.delivered += delivered;
      counted.retried += retried;
    },
    onSettlementRefused() {
      counted.refused += 1;
    },
  };
  const deps = { pixelId: '1', sealer: createOpenSealer(), store, observer };
  const envelope = {
    id: 'e',
    token: 't',
    data: { n: EVENTS, d: '' },
    failures: 0,
    stalls: 0,
    lease: HELD_LEASE,
  };
  const settlement = new EnvelopeSettlement(deps, envelope, { facts: FACTS, records });
  return { settlement, asked, counted };
}

/** Takes everything, and names what is left by the number of the settlement. */
function taken(n: number, { remaining }: Settlement): SettlementResult {
  const data: EnvelopeData | null =
    remaining === null ? null : { v: `v${n}`, n: remaining.n, d: '' };
  return { kind: 'settled', data, free: true };
}

/** All are delivered but those from `from` on, which are held. */
function decision(from: number): Decision {
  const results = records.map((_, index): EventResult => {
    return index < from ? { kind: 'delivered' } : { kind: 'held', deferMs: null };
  });
  return decide(records, results, FACTS, POLICY, { now: 0, random: 0, stopping: false });
}

function written(asked: readonly Settlement[]) {
  return asked.map(({ envelope, delivered, remaining, next }) => ({
    of: `${envelope.data.v ?? ''}/${envelope.data.n}`,
    delivered,
    left: remaining?.n ?? 0,
    next: next.kind,
  }));
}

describe('what of an envelope is settled while it is worked on', () => {
  test('each part once, each on what the one before it left, and the rest in the end', async () => {
    const { settlement, asked, counted } = settlementOf(taken);
    expect(await settlement.confirm(records.slice(0, 4))).toBe(true);
    expect(await settlement.confirm(records.slice(0, 6))).toBe(true);
    await settlement.finish(decision(8));
    expect(written(asked)).toEqual([
      { of: '/10', delivered: 4, left: 6, next: 'hold' },
      { of: 'v1/6', delivered: 2, left: 4, next: 'hold' },
      { of: 'v2/4', delivered: 2, left: 2, next: 'release' },
    ]);
    expect(counted).toEqual({ delivered: 8, retried: 2, refused: 0 });
  });

  test('an envelope of which everything was accepted needs nothing more in the end', async () => {
    const { settlement, asked } = settlementOf(taken);
    await settlement.confirm(records);
    await settlement.finish(decision(EVENTS));
    expect(written(asked)).toEqual([{ of: '/10', delivered: 10, left: 0, next: 'done' }]);
  });

  test('one that nothing was settled of goes as it is', async () => {
    const { settlement, asked } = settlementOf(taken);
    await settlement.finish(decision(0));
    expect(written(asked)).toEqual([{ of: '/10', delivered: 0, left: 10, next: 'release' }]);
    expect(asked[0]?.remaining).toBe(asked[0]?.envelope.data);
  });

  test('a refused part is not counted, ends the sending, and is asked for again in the end', async () => {
    const refusal: SettlementResult = { kind: 'refused', open: 3 };
    const { settlement, asked, counted } = settlementOf((n, each) =>
      n === 2 ? refusal : taken(n, each),
    );
    await settlement.confirm(records.slice(0, 4));
    expect(await settlement.confirm(records.slice(4, 6))).toBe(false);
    expect(await settlement.confirm(records.slice(6, 7))).toBe(false);
    await settlement.finish(decision(8));
    const last = { of: 'v1/6', delivered: 4, left: 2, next: RELEASE.kind };
    expect(written(asked).slice(1)).toEqual([
      { of: 'v1/6', delivered: 2, left: 4, next: 'hold' },
      last,
    ]);
    expect(counted).toEqual({ delivered: 8, retried: 2, refused: 1 });
  });

  test('a part that is settled while another worker holds the envelope ends the sending', async () => {
    const { settlement } = settlementOf((n, each) => ({ ...taken(n, each), free: false }) as never);
    expect(await settlement.confirm(records.slice(0, 4))).toBe(false);
  });

  test('parts that are confirmed at once wait for each other', async () => {
    const { settlement, asked } = settlementOf(taken);
    await Promise.all([
      settlement.confirm(records.slice(0, 4)),
      settlement.confirm(records.slice(4, 7)),
      settlement.finish(decision(7)),
    ]);
    expect(written(asked).map(({ of }) => of)).toEqual(['/10', 'v1/6', 'v2/3']);
  });
});
