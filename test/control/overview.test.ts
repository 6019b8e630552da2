import { describe, expect, test } from '@jest/globals';
import { type Overview, overviewPage } from '#control/pages/overview.ts';
import { backpressureReasons } from '#control/routes/routes.ts';
import { NOTHING_FILTERED } from '#store/status/filtered.ts';
import type { PixelStatus } from '#store/status/fleet.ts';
import { pixelStatus } from '#test/support/pixel-status.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const NOTHING = { consumed: 0, filtered: 0, delivered: 0, dead: 0, purged: 0, queued: 0, lost: 0 };
const WELL = { ok: true, detail: 'answers', lastError: null };

const pixel = (change: Partial<PixelStatus> = {}): PixelStatus =>
  pixelStatus({ oldestAt: NOW - 42_000, ...change });

function overview(pixels: readonly PixelStatus[], change: Partial<Overview> = {}): Overview {
  return {
    fleet: { pixels, none: NOTHING, noneFiltered: NOTHING_FILTERED, memoryRatio: 0, at: NOW },
    expiringSoon: 0,
    backpressure: [],
    kafka: WELL,
    redis: WELL,
    now: NOW,
    ...change,
  };
}

describe('the overview', () => {
  test.each([
    ['figures as people write them', overview([pixel()]), '>1,200<'],
    [
      'dead letters lead to the list of them',
      overview([pixel()]),
      '/dead-letters?where=pixel%3A101',
    ],
    [
      'shares, for a screen reader',
      overview([pixel()]),
      'aria-label="delivered 83.3 %, queued 3.3 %, filtered 8.3 %, dead 5.0 %"',
    ],
    ['how long the oldest waits', overview([pixel()]), '42 s ago'],
    ['all is well', overview([pixel()]), 'Events flow'],
    [
      'a halted lane',
      overview([pixel({ lane: { state: 'blocked', why: 'code 190', until: NOW + 90_000 } })]),
      'Pixel 101 is blocked by Meta (code 190). 40 events waiting. Next probe in 1 m.',
    ],
    [
      'a pixel by its name',
      overview([pixel({ name: 'EU <shop>', lane: { state: 'blocked', why: 'x', until: NOW } })]),
      'Pixel EU &lt;shop&gt; (101) is blocked',
    ],
    [
      'its name in the tables',
      overview([pixel({ name: 'EU shop' })]),
      '<span class="id">101</span> <span class="muted">EU shop</span>',
    ],
    [
      'a paused lane',
      overview([
        pixel({ lane: { state: 'paused', why: 'paused by ada since noon', until: null } }),
      ]),
      'Pixel 101 is paused by ada since noon. 40 events waiting. <a href="/lanes/101">Resume it</a>',
    ],
    [
      'a lane that is being probed',
      overview([pixel({ lane: { state: 'failing', why: 'HTTP 500', until: NOW } })]),
      'HTTP 500; being probed',
    ],
    [
      'a ledger that does not add up',
      overview([pixel({ ledger: { ...NOTHING, consumed: 3 } })]),
      'The ledger of 101 is out of balance by 3.',
    ],
    ['no Kafka', overview([pixel()], { kafka: { ...WELL, ok: false } }), 'Kafka does not answer'],
    [
      'dead letters that run out of time',
      overview([pixel()], { expiringSoon: 1 }),
      '1 dead letter expires within 24 hours.',
    ],
    [
      'backpressure',
      overview([pixel()], { backpressure: ['80 % of the memory of Redis is used'] }),
      'Kafka is held back: 80 % of the memory of Redis is used.',
    ],
    ['why events were filtered', overview([pixel()]), 'Why events were filtered: 100 no_consent.'],
    [
      'events that go nowhere',
      overview([pixel({ filtered: { reasons: [['no_consent', 100]], unbroken: 90 } })]),
      'Events of pixel 101 are consumed, but none is delivered. The last 90 events were filtered (no_consent).',
    ],
    [
      'a wrong sealing key',
      overview([pixel({ unreadable: { envelopes: 2, reasons: ['it is sealed under key k'] } })]),
      'Workers cannot open 2 envelopes of pixel 101: it is sealed under key k. See sealing.keys.',
    ],
    ['no pixel at all', overview([]), 'no event was ever consumed'],
    [
      'the last error of Redis',
      overview([pixel()], {
        fleet: { ...overview([pixel()]).fleet, memoryRatio: 0.251 },
        redis: { ...WELL, lastError: { message: 'ECONNREFUSED', at: NOW - 5000 } },
      }),
      'Last error',
    ],
    [
      'hostile words',
      overview([
        pixel({ lane: { state: 'blocked', why: '<img src=x onerror=alert(1)>', until: NOW } }),
      ]),
      '&lt;img src=x onerror=alert(1)&gt;',
    ],
  ])('%s', (_, shown, words) => {
    expect(overviewPage(shown).body.text).toContain(words);
  });

  test('trouble takes the place of the words that all is well', () => {
    const { text } = overviewPage(overview([pixel()], { kafka: { ...WELL, ok: false } })).body;
    expect(text).not.toContain('Events flow');
  });
});

describe('Kafka is held back', () => {
  const marks = {
    pauseAtEvents: 100,
    resumeAtEvents: 50,
    pauseAtDeadLetters: 10,
    resumeAtDeadLetters: 5,
    pauseAtMemoryRatio: 0.7,
    resumeAtMemoryRatio: 0.6,
    pollMs: 1,
  };
  test.each([
    ['by nothing', { events: 99, deadLetters: 9, memoryRatio: 0.6 }, []],
    [
      'by the queue',
      { events: 100, deadLetters: 9, memoryRatio: 0.6 },
      ['100 events wait in the queue'],
    ],
    [
      'by dead letters',
      { events: 0, deadLetters: 10, memoryRatio: 0 },
      ['10 dead letters are held: replay or purge some'],
    ],
    [
      'by memory',
      { events: 0, deadLetters: 0, memoryRatio: 0.7 },
      ['70 % of the memory of Redis is used'],
    ],
  ])('%s', (_, depth, words) => {
    expect(backpressureReasons(depth, marks)).toEqual(words);
  });
});
