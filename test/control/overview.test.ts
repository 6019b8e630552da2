import { describe, expect, test } from '@jest/globals';
import { ratesOf, SampleHistory } from '#control/history.ts';
import { lanesPage } from '#control/pages/lanes.ts';
import { type Overview, overviewPage } from '#control/pages/overview/overview.ts';
import { backpressureReasons } from '#control/routes/routes.ts';
import { NOTHING_FILTERED } from '#store/status/filtered.ts';
import type { PixelStatus } from '#store/status/fleet.ts';
import { pixelStatus } from '#test/support/pixel-status.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const NOTHING = {
  ...{ consumed: 0, filtered: 0, delivered: 0, dead: 0, purged: 0 },
  ...{ queued: 0, lost: 0, parked: 0 },
};
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
    vitals: { range: '15m', samples: [] },
    processes: [],
    page: 1,
    now: NOW,
    ...change,
  };
}

const SAMPLE = { delivered: 0, died: 0, queued: 0, oldestMs: 0 };
const SAMPLES = [
  { ...SAMPLE, at: NOW - 30_000, consumed: 100, lag: 7 },
  { ...SAMPLE, at: NOW - 10_000, consumed: 500, lag: 5 },
  { ...SAMPLE, at: NOW, consumed: 530, lag: null },
];
const PROCESS = {
  ...{ service: 'worker', version: '1.2.3', host: '<host>', pid: 12 },
  ...{ startedAt: NOW - 60_000, at: NOW - 5000 },
};

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
    [
      'rates, over a range of time',
      overview([pixel()], { vitals: { range: '1h', samples: SAMPLES } }),
      'aria-label="Consumed: 3/s, at most 20/s in the last hour"',
    ],
    [
      'as of when',
      overview([pixel()], { vitals: { range: '1h', samples: SAMPLES } }),
      `as of <time datetime="${new Date(NOW).toISOString()}"`,
    ],
    [
      'what is not known',
      overview([pixel()], { vitals: { range: '1h', samples: SAMPLES } }),
      'aria-label="Lag in Kafka: not known, at most 7 messages in the last hour"',
    ],
    ['nothing sampled yet', overview([pixel()]), 'Sampled every 15 seconds; nothing yet.'],
    ['what the colours mean', overview([pixel()]), '</svg>in flight</span>'],
    [
      'who runs',
      overview([pixel()], { processes: [PROCESS] }),
      '<th scope="row">worker</th><td data-label="Version">1.2.3</td><td data-label="Host" class="wrap">&lt;host&gt;</td>',
    ],
    [
      'several releases',
      overview([pixel()], { processes: [PROCESS, { ...PROCESS, version: '1.2.4' }] }),
      'The processes are of 2 releases: 1.2.3, 1.2.4.',
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

  test('a thousand pixels, all of them halted, are shown some at a time', () => {
    const lane = { state: 'blocked', why: 'code 190', until: NOW } as const;
    const all = Array.from({ length: 1000 }, (_, at) => pixel({ pixelId: `${1000 + at}`, lane }));
    const { text } = overviewPage(overview(all, { expiringSoon: 3, page: 2 })).body;
    expect(text.match(/class="notice /g)).toHaveLength(13);
    expect(text).toContain('3 dead letters expire within 24 hours');
    expect(text).toContain('And 989 more. <a href="/lanes">');
    expect(text).toContain('1,000 pixels, page 2 of 40');
    expect(text).toContain('<a class="id" href="/lanes/1025">');
    expect(text).not.toContain('<a class="id" href="/lanes/1024">');
    expect(text.length).toBeLessThan(120_000);
  });

  test('trouble takes the place of the words that all is well', () => {
    const { text } = overviewPage(overview([pixel()], { kafka: { ...WELL, ok: false } })).body;
    expect(text).not.toContain('Events flow');
  });
});

describe('the lanes', () => {
  const lane = { state: 'blocked', why: 'code 190', until: NOW } as const;
  const all = [
    pixel({ name: 'EU Shop' }),
    pixel({ pixelId: '202', lane }),
    pixel({ pixelId: '303' }),
  ];
  const shown = (asked: Partial<Parameters<typeof lanesPage>[1]> = {}) => {
    const { text } = lanesPage(all, { find: '', state: '', page: 1, ...asked }, NOW).body;
    return [...text.matchAll(/href="\/lanes\/(\d+)"/g)].map(([, id]) => id).join(' ');
  };
  test.each([
    ['halted ones first', {}, '202 101 303'],
    ['by a part of the name', { find: 'eu s' }, '101'],
    ['by a part of the ID', { find: '03' }, '303'],
    ['by state', { state: 'blocked' }, '202'],
    ['none', { find: '<x>' }, ''],
    ['a page that is not there', { page: 7 }, ''],
  ])('%s', (_, asked, ids) => {
    expect(shown(asked)).toBe(ids);
  });
});

describe('the history', () => {
  test('keeps an hour and a day, whatever happens', () => {
    const history = new SampleHistory();
    const every = 15_000;
    const samples = 10_000;
    for (let n = 0; n < samples; n += 1) {
      const lag = n % 7 === 0 ? null : n % 5;
      history.add({ ...SAMPLE, at: NOW + n * every, consumed: n, queued: n % 20, lag });
    }
    // Whatever it still has is later than this.
    expect(history.of('1h', NOW)).toHaveLength(240);
    expect(history.of('24h', NOW).length).toBeLessThanOrEqual(288);
    const end = NOW + samples * every;
    expect(history.of('15m', end)).toHaveLength(59);
    expect(history.of('1h', end)).toHaveLength(239);
    const day = history.of('24h', end);
    expect(day.length).toBeLessThanOrEqual(288);
    expect(day.length).toBeGreaterThan(280);
    expect(day.at(-1)).toMatchObject({ consumed: samples - 1 });
    expect(day.at(-2)).toMatchObject({ queued: 19, lag: 4 });
  });

  test('a counter that falls, and a clock that does, say nothing', () => {
    const at = (ms: number, consumed: number) => ({ ...SAMPLE, at: ms, consumed, lag: null });
    const samples = [at(0, 5), at(1000, 3), at(2000, 5), at(2000, 9), at(4000, 11)];
    expect(ratesOf(samples, 'consumed')).toEqual([null, 2, null, 1]);
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
