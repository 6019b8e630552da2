import { describe, expect, test } from '@jest/globals';
import { renderDeadLetterSummary } from '#cli/dead-letters/summary.ts';
import { table, terminalWidth } from '#cli/output/table.ts';
import { showReplay } from '#cli/replay/follow.ts';
import { renderReplay, undelivered } from '#cli/replay/render.ts';
import { PixelNames } from '#core/pixel-names.ts';
import type { DeadLetterGroup } from '#store/dead-letters/groups.ts';
import { noCounts } from '#store/dead-letters/replay/counts.ts';
import type { Replay } from '#store/dead-letters/replay/state.ts';
import { group, NOW, replay as replayOf } from '#test/control/facts.ts';

describe('a table', () => {
  const rows = [
    ['ID', 'MESSAGE', 'EVENTS'],
    ['a.1', 'a Purchase needs a numeric value', '122'],
  ];

  test.each([
    [Number.POSITIVE_INFINITY, 'a.1  a Purchase needs a numeric value  122'],
    [30, 'a.1  a Purchase needs…  122'],
    [10, 'a.1  a Purch…  122'],
  ])('in %s columns', (width, line) => {
    expect(table(rows, 1, width).split('\n')[1]).toBe(line);
  });

  test('is as wide as a terminal, and as it likes elsewhere', () => {
    expect(terminalWidth({ isTTY: true, columns: 132 })).toBe(132);
    expect(terminalWidth({ isTTY: true })).toBe(80);
    expect(terminalWidth({ columns: 80 })).toBe(Number.POSITIVE_INFINITY);
  });

  test('lets nothing that an event says move the cursor', () => {
    expect(table([['A'], ['\x1b[2Jx']])).toBe('A\n\ufffd[2Jx\n');
  });
});

test('a summary names pixels', () => {
  const counts = {
    at: NOW,
    assessed: 9,
    partial: false,
    replayable: 4,
    soon: 0,
    groups: new Map(),
  };
  const names = new PixelNames([{ pixelId: group({}).pixelId ?? '', name: 'EU shop' }]);
  const text = renderDeadLetterSummary([group({})], NOW, counts, names);
  expect(text).toContain(`EU shop (${group({}).pixelId})`);
});

describe('a summary', () => {
  const of = (reason: string, events: number, replayable: number): DeadLetterGroup =>
    group({ reason, events, replay: { at: NOW, assessed: events, replayable, soon: 0 } });
  const next = (...groups: DeadLetterGroup[]): string => {
    const counts = { at: NOW, assessed: 9, partial: false, replayable: 4, soon: 0 };
    return renderDeadLetterSummary(groups, NOW, { ...counts, groups: new Map() });
  };

  test('suggests a replay of what can be replayed, and of nothing else', () => {
    const refused = of('missing_value', 7, 0);
    const text = next(refused, of('out_of_retries', 5, 4), of('rejected_by_meta', 2, 2));
    expect(text).toContain("Next: capi-relay replay --where 'reason:out_of_retries' --dry-run");
    expect(text).toContain('14 dead letters.');
    expect(text).toContain(
      `4 of 9 can be replayed, as of ${new Date(NOW).toISOString().slice(11, 19)}Z`,
    );
    expect(next(refused)).toContain(
      "Next: capi-relay dead-letters list --where 'reason:missing_value'",
    );
  });
});

test('a replay says which pixels it left for later, and how many dead letters', () => {
  const held = [{ pixelId: '102', state: 'blocked', why: 'no token.', after: '' }] as const;
  const passing = renderReplay(replayOf({ held }));
  expect(passing).toContain('left for later: pixel 102 is blocked (no token)\n');
  const waiting = renderReplay(replayOf({ held, state: 'stopped', awaitsPixels: true }));
  expect(waiting).toContain('left for these pixels: 588 of 1,000 planned\n');
  expect(renderReplay(replayOf({ held, state: 'finished' }))).not.toContain('left for');
});

test('a replay whose events wait for an answer has not delivered everything', () => {
  const counts = { ...noCounts(), matched: 10, replayed: 10 };
  const finished = { ...replayOf(), state: 'finished', counts, queued: 10, died: 0 } as const;
  expect(undelivered({ ...finished, delivered: 10 })).toBe(0);
  expect(undelivered({ ...finished, delivered: 7 })).toBe(3);
});

describe('the progress of a replay', () => {
  const replay = (done: number, change: Partial<Replay> = {}): Replay => {
    const counts = { ...noCounts(), replayed: done };
    const spec = { canary: 10 } as Replay['spec'];
    const ended = { queued: done, delivered: done - 2, died: 2 };
    const rest = {
      state: 'running',
      why: null,
      cursor: null,
      held: [],
      updatedAt: 0,
      detached: false,
    };
    return { spec, counts, ...ended, ...rest, ...change } as Replay;
  };

  function shown(out: { isTTY?: boolean; columns?: number }): string[] {
    const written: string[] = [];
    let now = 0;
    const start = { spec: { planned: 1000 } as Replay['spec'], counts: noCounts() };
    const progress = showReplay(start, {
      out: { ...out, write: (text) => written.push(text) },
      clock: () => now,
    });
    for (const done of [100, 200, 300]) {
      now += 5000;
      progress.report(replay(done));
    }
    return written;
  }

  test('is a bar on a terminal, with rate and time left, and never wraps', () => {
    const last = shown({ isTTY: true, columns: 80 }).at(-1) ?? '';
    expect(last).toContain('██████░░░░░░░░░░░░░░  30%  300/1,000  died again 2  delivered 298');
    expect(last.length).toBeLessThan(80 + '\r\x1b[2K'.length);
    expect(shown({ isTTY: true, columns: 200 }).at(-1)).toContain('20/s  35 s left');
  });

  test('is a plain line every ten seconds elsewhere', () => {
    expect(shown({})).toEqual(['200/1,000  died again 2  delivered 198  20/s  40 s left\n']);
  });
});
