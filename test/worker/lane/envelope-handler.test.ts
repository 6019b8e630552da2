import { describe, expect, test } from '@jest/globals';
import type { HeldEnvelope } from '#store/delivery/lane.ts';
import type { Settlement } from '#store/delivery/settlement.ts';
import { type EnvelopeData, RecordLines, sealEnvelope } from '#store/intake/envelope.ts';
import { createOpenSealer } from '#store/sealing.ts';
import { recordAt } from '#test/support/batch-sending.ts';
import { HELD_LEASE } from '#test/support/held-lease.ts';
import type { Origin } from '#worker/lane/batcher.ts';
import { Turns } from '#worker/lane/capacity.ts';
import {
  EnvelopeHandler,
  type EnvelopeHandlerDeps,
  isOrphan,
  takeOver,
} from '#worker/lane/envelope-handler.ts';
import type { EventResult } from '#worker/lane/outgoing-batch.ts';
import type { PoisonAction } from '#worker/lane/poison.ts';

function envelope(stalls: number, r?: number): HeldEnvelope {
  const data = { n: 50, d: 'all', ...(r === undefined ? {} : { r }) };
  return { id: 'e', token: 't', data, failures: 0, stalls, lease: HELD_LEASE };
}

/** Claims it from a queue that has this of it; resolves to what is processed, and what was counted. */
async function takenOver(held: HeldEnvelope, open: EnvelopeData | null) {
  let counted = 0;
  const store = { claim: async () => open };
  const observer = {
    onTakenOver(n: number) {
      counted += n;
    },
  };
  const ours = await takeOver({ pixelId: '1', store, observer }, held);
  return { data: ours === null ? null : ours.data, counted };
}

describe('an envelope whose worker vanished', () => {
  test.each([
    ['is settled, or another worker has it: nothing is sent again', null, 0],
    ['is settled in part: the rest is sent, and counted', { v: 'a', r: 1, n: 20, d: 'rest' }, 20],
    ['is open: it is sent again, and counted', { v: 'a', r: 1, n: 50, d: 'all' }, 50],
  ])('%s', async (_name, data, counted) => {
    expect(await takenOver(envelope(1), data)).toEqual({ data, counted });
  });

  test('is counted once for each worker that vanished, however often it is tried after that', async () => {
    const data = { v: 'a', r: 1, n: 50, d: 'all' };
    expect(await takenOver(envelope(1, 1), data)).toEqual({ data, counted: 0 });
    expect([envelope(0), envelope(1), envelope(1, 1), envelope(2, 1)].map(isOrphan)).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });
});

const SEALER = createOpenSealer();
const RECORDS = [0, 1, 2].map((offset) => recordAt(offset));
const LINES = RecordLines.of(RECORDS.map(({ line }) => line));
const DATA = sealEnvelope(SEALER, { pixelId: '1', id: 'e' }, [['track', 7]], LINES);

const DELIVERED: EventResult = { kind: 'delivered' };
const HELD: EventResult = { kind: 'held', deferMs: null };

interface Situation {
  readonly results?: readonly EventResult[];
  /** Given for an envelope whose workers vanished. */
  readonly action?: PoisonAction;
  readonly deliver?: () => Promise<never>;
  /** Whether another suspect keeps it from its turn until the lane closes. */
  readonly dismissed?: boolean;
}

/** A lane of which an envelope is handled, and what it did, in order. */
function handlerOf({ results, action, deliver, dismissed = false }: Situation) {
  const told: string[] = [];
  const tell = (word: string) => void told.push(word);
  const deps: EnvelopeHandlerDeps = {
    pixelId: '1',
    sealer: SEALER,
    store: {
      async settle({ delivered, deadLetters, remaining, next }: Settlement) {
        const left = remaining === null ? 0 : remaining.n;
        tell(
          `settle ${delivered} delivered, ${deadLetters.length} dead, ${left} left: ${next.kind}`,
        );
        return { kind: 'settled', data: remaining, free: true };
      },
      claim: async (_pixel, { data }) => data,
    },
    notes: { unreadable: async (_pixel, _id, why) => tell(`unreadable: ${why}`) },
    turns: new Turns(),
    poison: {
      isSuspect: async () => action !== undefined,
      async alone(work) {
        if (!dismissed) await work();
        return !dismissed;
      },
      next: async () => action ?? 'try',
      survived: async () => tell('survived'),
    },
    batcher: {
      async deliver(records, { suspect }: Origin) {
        tell(`deliver ${records.length}${suspect ? ' alone' : ''}`);
        if (deliver !== undefined) return deliver();
        return results === undefined ? records.map(() => DELIVERED) : [...results];
      },
    },
    policy: { retry: { attempts: 3, baseMs: 1000, capMs: 10_000 }, marginMs: 60_000 },
    unreadableMs: 30_000,
    observer: {
      ...{ onSettled() {}, onSettlementRefused() {}, onTakenOver() {} },
      ...{ onReadable() {}, onUnreadable() {}, onPoison: (_id, next) => tell(next) },
    },
    onError: (error) => tell(error.message),
    signal: new AbortController().signal,
  };
  return { handler: new EnvelopeHandler(deps), told };
}

function heldEnvelope(over: Partial<HeldEnvelope> = {}): HeldEnvelope {
  return { id: 'e', token: 't', data: DATA, failures: 0, stalls: 0, lease: HELD_LEASE, ...over };
}

describe('an envelope', () => {
  const all = 'settle 3 delivered, 0 dead, 0 left: done';

  test.each<[string, Situation, Partial<HeldEnvelope>, string[]]>([
    ['is delivered', {}, {}, ['deliver 3', all]],
    ['shares no batch once it failed twice', {}, { failures: 2 }, ['deliver 3 alone', all]],
    [
      'keeps what is held',
      { results: [DELIVERED, HELD, HELD] },
      {},
      ['deliver 3', 'settle 1 delivered, 0 dead, 2 left: release'],
    ],
    [
      'that is a suspect is tried',
      { action: 'try' },
      {},
      ['try', 'deliver 3 alone', all, 'survived'],
    ],
    [
      'that ended its workers alone as well dies unsent',
      { action: 'dead_letter' },
      {},
      ['dead_letter', 'settle 0 delivered, 3 dead, 0 left: done'],
    ],
    [
      'that ends them even so is quarantined unopened',
      { action: 'quarantine' },
      { data: { n: 3, d: 'not an envelope' } },
      ['quarantine', 'settle 0 delivered, 0 dead, 3 left: defer'],
    ],
    [
      'that is not its turn before the lane closes is released',
      { action: 'try', dismissed: true },
      {},
      ['settle 0 delivered, 0 dead, 3 left: release'],
    ],
    [
      'that cannot be opened stays in the queue',
      {},
      { data: { n: 3, d: 'not an envelope' } },
      [
        'unreadable: is no sealed value: it was changed, or did not come from here',
        'settle 0 delivered, 0 dead, 3 left: defer',
      ],
    ],
    [
      'that meets an error of our own is tried again later',
      { deliver: () => Promise.reject(new Error('a defect')) },
      {},
      ['deliver 3', 'a defect', 'settle 0 delivered, 0 dead, 3 left: defer'],
    ],
  ])('%s', async (_name, situation, over, expected) => {
    const { handler, told } = handlerOf(situation);
    await handler.handle(heldEnvelope(over));
    expect(told).toEqual(expected);
  });

  test('whose job holds none is noted, and waits as long as one that cannot be opened', async () => {
    const { handler, told } = handlerOf({});
    expect(await handler.unreadable('e', 'its job holds no envelope')).toBe(30_000);
    expect(told).toEqual(['unreadable: its job holds no envelope']);
  });

  test('is released unopened once the lane closes', async () => {
    const { handler, told } = handlerOf({});
    handler.close();
    await handler.handle(heldEnvelope());
    expect(told).toEqual(['settle 0 delivered, 0 dead, 3 left: release']);
  });
});
