import { describe, expect, test } from '@jest/globals';
import { describeCommands } from '#cli/completion/describe.ts';
import { attention } from '#cli/status/attention.ts';
import type { DeadLetterReading, ReplayableReading } from '#cli/status/redis-sources.ts';
import { renderScreen } from '#cli/status/screen.ts';
import { createSource } from '#cli/status/source.ts';
import { ratesBetween, Speedometer, type Status } from '#cli/status/status.ts';
import { frameOf } from '#cli/status/watch.ts';
import { NOTHING_FILTERED } from '#store/status/filtered.ts';
import type { FleetStatus, PixelStatus } from '#store/status/fleet.ts';
import { pixelStatus } from '#test/support/pixel-status.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const NONE = {
  ...{ consumed: 0, filtered: 0, delivered: 0, dead: 0, purged: 0 },
  ...{ queued: 0, lost: 0, parked: 0 },
};
const SETTING = {
  config: ' --config a.yaml',
  fullAt: 0.7,
  cautions: [],
};
const FLEET = { none: NONE, noneFiltered: NOTHING_FILTERED, memoryRatio: 0.25, at: NOW };
const FAILED = { ok: false, error: 'no answer within 2 s' } as const;
const NO_DEATHS: DeadLetterReading = {
  held: 0,
  within: { '24h': 0, '72h': 0, '168h': 0 },
  expired: 0,
  nextHorizon: null,
  reasons: [],
  acknowledged: { held: 0, expired: 0, soon: 0 },
};

const pixel = (change: Partial<PixelStatus> = {}): PixelStatus =>
  pixelStatus({ oldestAt: NOW - 2000, ...change });

const HOUR_MS = 3_600_000;

function parkedPixel(keptUntil: number | null, change: Partial<PixelStatus> = {}): PixelStatus {
  const parked = { events: 1204, ranges: 1, since: NOW - HOUR_MS, keptUntil };
  return pixel({ parked, ...change });
}

function flow(pixels: readonly PixelStatus[], change: Partial<FleetStatus> = {}): Status['flow'] {
  return { ok: true, value: { ...FLEET, pixels, ...change } };
}

function replayable(
  n: number,
  soon: number,
  change: Partial<ReplayableReading> = {},
): Status['replayable'] {
  const counts = { at: NOW, assessed: 9, partial: false, replayable: n, soon };
  return { ok: true, value: { ...counts, acknowledged: { replayable: 0, soon: 0 }, ...change } };
}

function status(change: Partial<Status> = {}): Status {
  return {
    at: NOW,
    kafka: {
      ok: true,
      value: {
        lag: { 'track-events': 1204 },
        members: 1,
        unassigned: {},
        halted: [],
        strangers: [],
      },
    },
    flow: flow([pixel()]),
    rates: null,
    deadLetters: { ok: true, value: NO_DEATHS },
    replayable: replayable(0, 0),
    replays: { ok: true, value: [] },
    ...change,
  };
}

function halted(
  state: 'blocked' | 'throttled' | 'failing' | 'paused',
  why: string,
): Status['flow'] {
  return flow([pixel({ lane: { state, why, until: NOW + 42_000 } })]);
}

function dead(change: Partial<DeadLetterReading>): Partial<Status> {
  return { deadLetters: { ok: true, value: { ...NO_DEATHS, ...change } } };
}

const HELD = { pixelId: '102', state: 'blocked', why: 'the token has expired.' } as const;
const REPLAY = {
  id: 'r1',
  planned: 100,
  done: 40,
  delivered: 30,
  died: 2,
  inFlight: 8,
  held: [],
  waits: false,
};

test('events that no pixel wants demand a command of ours, with options that it has', async () => {
  const none = { ...NONE, consumed: 90, filtered: 90 };
  const noneFiltered = { reasons: [['no_pixel', 90]], unbroken: 90 } as const;
  const filtered = { reasons: [['no_consent', 90]], unbroken: 90 } as const;
  const drained = status({ flow: flow([pixel({ filtered })], { none, noneFiltered }) });
  const demands = attention(drained, SETTING).filter(({ words }) => words.includes('none is'));
  expect(demands).toHaveLength(2);
  const commands = await describeCommands(null);
  for (const { next } of demands) {
    const [program, name = '', ...words] = next.split(' ');
    expect(program).toBe('capi-relay');
    const known = commands.find(({ path }) => path.join(' ') === name)?.options ?? [];
    const given = words.filter((word) => word.startsWith('--'));
    expect(given).toEqual(['--readable', '--from-kafka', '--config']);
    expect(known.flatMap(({ names }) => names)).toEqual(expect.arrayContaining(given));
  }
});

test('pixels are shown by name', () => {
  const lane = { state: 'blocked', why: 'code 190', until: NOW } as const;
  const named = status({ flow: flow([pixel({ name: 'EU shop', lane })]) });
  expect(attention(named, SETTING).map(({ words }) => words)).toEqual(
    expect.arrayContaining([expect.stringContaining('pixel EU shop (101) is blocked')]),
  );
});

describe('must I act?', () => {
  test.each<[string, Partial<Status>, string | undefined]>([
    ['no, when everything flows', {}, undefined],
    [
      'a paused lane: soon',
      { flow: halted('paused', 'paused by ada since noon: wrong prices') },
      'soon: pixel 101 is paused by ada since noon: wrong prices; 40 events wait → lanes resume 101',
    ],
    [
      'a blocked lane: now',
      { flow: halted('blocked', 'the token has expired.') },
      'now: pixel 101 is blocked (the token has expired); 40 events wait → check',
    ],
    [
      'a lane that fails heals by itself',
      { flow: halted('failing', 'HTTP 500') },
      'soon: requests for pixel 101 fail (HTTP 500); 40 events wait → check',
    ],
    [
      'a throttled lane too',
      { flow: halted('throttled', 'too many calls') },
      'soon: Meta throttles pixel 101; 40 events wait → status --watch',
    ],
    [
      'a wrong sealing key, which is no lack of workers',
      {
        flow: flow([
          pixel({
            active: 0,
            oldestAt: NOW - 31_000,
            unreadable: {
              envelopes: 2,
              reasons: ['sealed under key "a", which is not configured'],
            },
          }),
        ]),
      },
      'now: 2 envelopes do not open for pixel 101 (sealed under key "a", which is not configured): see sealing.keys → check',
    ],
    [
      'events of which each is filtered',
      { flow: flow([pixel({ filtered: { reasons: [['no_consent', 100]], unbroken: 90 } })]) },
      'now: events of pixel 101 are consumed, but none is delivered: the last 90 events were filtered (no_consent) → preview --readable --from-kafka 5',
    ],
    [
      'the first events go to no pixel',
      {
        flow: flow([], {
          none: { ...NONE, consumed: 3, filtered: 3 },
          noneFiltered: { reasons: [['no_pixel', 3]], unbroken: 3 },
        }),
      },
      'soon: events are consumed, but none is delivered: the last 3 events went to no pixel (no_pixel); see kafka.topics, events.where and events.allow → preview --readable --from-kafka 5',
    ],
    [
      'events that stay in Kafka for long: soon',
      { flow: flow([parkedPixel(null)]) },
      'soon: pixel 101 has 1,204 events parked for 1 h 0 m; how long Kafka keeps them is not known → lanes list --pixel 101',
    ],
    [
      'events that Kafka may delete within a day: now',
      { flow: flow([parkedPixel(NOW + 2 * HOUR_MS)]) },
      'now: pixel 101 has 1,204 events parked for 1 h 0 m; Kafka keeps the first for 2 h 0 m → lanes list --pixel 101',
    ],
    [
      'events that stay in Kafka for a pixel that is gone: now',
      { flow: flow([parkedPixel(Number.POSITIVE_INFINITY, { configured: false })]) },
      'now: pixel 101 has 1,204 events parked for 1 h 0 m; Kafka keeps them; it is not configured → check',
    ],
    [
      'a ledger that does not add up: now',
      { flow: flow([pixel({ ledger: { ...NONE, consumed: 3 } })]) },
      'now: the ledger of 101 is out of balance by 3 → dead-letters summary',
    ],
    [
      'no worker: now',
      { flow: flow([pixel({ active: 0, oldestAt: NOW - 31_000 })]) },
      'now: no worker serves pixel 101: 40 events wait, the oldest for 31 s → worker',
    ],
    [
      'workers that fall behind',
      { flow: flow([pixel({ oldestAt: NOW - 301_000 })]) },
      'soon: pixel 101 is behind: 40 events wait, the oldest for 5 m → worker',
    ],
    [
      'events of a pixel that has left the configuration',
      { flow: flow([pixel({ configured: false })]) },
      'soon: 40 events wait for pixel 101, which is not configured → check',
    ],
    [
      'a full Redis: now',
      { flow: flow([pixel()], { memoryRatio: 0.71 }) },
      'now: Redis is 71 % full: ingest waits for free memory → dead-letters summary',
    ],
    [
      'no ingest: now',
      {
        kafka: {
          ok: true,
          value: { lag: {}, members: 0, unassigned: {}, halted: [], strangers: [] },
        },
      },
      'now: no ingest reads from Kafka → ingest',
    ],
    [
      'a member that writes elsewhere: now',
      {
        kafka: {
          ok: true,
          value: { lag: {}, members: 2, unassigned: {}, halted: [], strangers: ['x at y'] },
        },
      },
      'now: x at y reads in this consumer group, but writes to another Redis or prefix → check',
    ],
    [
      'a partition whose log lost its end: now',
      {
        kafka: {
          ok: true,
          value: { lag: {}, members: 1, unassigned: {}, halted: ['t/3'], strangers: [] },
        },
      },
      'now: partition t/3 is halted: its log was truncated → partitions',
    ],
    [
      'partitions that no ingest reads',
      {
        kafka: {
          ok: true,
          value: { lag: {}, members: 1, unassigned: { t: [4, 5] }, halted: [], strangers: [] },
        },
      },
      'soon: no ingest reads partition 4, 5 of topic t → check',
    ],
    [
      'dead letters that run out of time: now',
      {
        ...dead({ held: 9, within: { '24h': 1, '72h': 4, '168h': 9 } }),
        replayable: replayable(1, 1),
      },
      "now: 1 dead letter expires within 24 hours; 1 can be replayed → dead-letters summary --where 'expires:<24h'",
    ],
    [
      'dead letters that have time',
      { ...dead({ held: 9, expired: 2 }), replayable: replayable(6, 1) },
      'soon: 7 dead letters with more time; 5 can be replayed → dead-letters summary',
    ],
    [
      'dead letters that only a fix can save',
      dead({ held: 9, within: { '24h': 9, '72h': 9, '168h': 9 } }),
      "now: 9 dead letters expire within 24 hours; none can be replayed with the current settings → dead-letters summary --where 'expires:<24h'",
    ],
    [
      'more dead letters than were looked at',
      { ...dead({ held: 9 }), replayable: replayable(2, 0, { assessed: 4, partial: true }) },
      'soon: 9 dead letters with more time; 2 of the oldest 4 can be replayed → dead-letters summary',
    ],
    [
      'dead letters that could not be looked at',
      { ...dead({ held: 9 }), replayable: FAILED },
      'soon: 9 dead letters with more time; how many can be replayed is not known → dead-letters summary',
    ],
    [
      'dead letters of acknowledged causes alone',
      {
        ...dead({
          ...{ held: 9, expired: 2, within: { '24h': 3, '72h': 4, '168h': 7 } },
          acknowledged: { held: 9, expired: 2, soon: 3 },
        }),
        replayable: replayable(6, 1, { acknowledged: { replayable: 6, soon: 1 } }),
      },
      undefined,
    ],
    [
      'what acknowledged causes leave',
      {
        ...dead({
          ...{ held: 9, within: { '24h': 5, '72h': 9, '168h': 9 } },
          acknowledged: { held: 6, expired: 0, soon: 3 },
        }),
        replayable: replayable(5, 3, { acknowledged: { replayable: 4, soon: 2 } }),
      },
      "now: 2 dead letters expire within 24 hours; 1 can be replayed → dead-letters summary --where 'expires:<24h'",
    ],
    ['dead letters that are past saving', dead({ held: 2, expired: 2 }), undefined],
    [
      'a replay that was stopped',
      { replays: { ok: true, value: [{ ...REPLAY, state: 'stopped', why: 'the canary failed' }] } },
      'soon: replay r1 is stopped (the canary failed) → replay status r1',
    ],
    [
      'a replay that no process carries on',
      { replays: { ok: true, value: [{ ...REPLAY, state: 'running', why: null, waits: true }] } },
      'soon: replay r1 waits: no control process is running → control',
    ],
    [
      'a replay that runs',
      { replays: { ok: true, value: [{ ...REPLAY, state: 'running', why: null }] } },
      undefined,
    ],
    ['no Redis: now', { flow: FAILED }, 'now: Redis cannot be read: no answer within 2 s → check'],
    ['no Kafka: now', { kafka: FAILED }, 'now: Kafka cannot be read: no answer within 2 s → check'],
  ])('%s', (_, change, wanted) => {
    const [first] = attention(status(change), SETTING);
    const said = first && `${first.urgency}: ${first.words} → ${first.next}`;
    const command = /^(.*→ )(.*)$/.exec(wanted ?? '');
    expect(said).toBe(command ? `${command[1]}capi-relay ${command[2]} --config a.yaml` : wanted);
  });

  test('what the configuration calls attention to', () => {
    const cautions = [
      { level: 'warning', subject: 'testEventCode', problem: 'is set', fix: '' },
      { level: 'failure', subject: 'graphApi', problem: 'has ended', fix: '' },
    ] as const;
    const demands = attention(status(), { ...SETTING, cautions });
    expect(demands).toEqual([
      { urgency: 'now', words: 'graphApi: has ended', next: 'capi-relay check --config a.yaml' },
      { urgency: 'soon', words: 'testEventCode: is set', next: expect.any(String) },
    ]);
  });

  test('what is urgent comes first', () => {
    const sick = halted('throttled', 'too many calls');
    const demands = attention(status({ flow: sick, kafka: FAILED }), SETTING);
    expect(demands.map(({ urgency }) => urgency)).toEqual(['now', 'soon']);
  });
});

describe('the screen', () => {
  const screenOf = (change: Partial<Status>, columns = 80) => {
    const shown = status(change);
    return renderScreen(shown, attention(shown, SETTING), columns);
  };

  test('says first that nothing is to be done', () => {
    expect(screenOf({})[0]).toMatch(/^All is well/);
  });

  test('shows lag, queue, rates, lanes, dead letters, horizon and replays', () => {
    const text = screenOf({
      rates: {
        consumed: 310,
        delivered: 305.4,
        dead: 0,
        overMs: 4000,
        deliveredBy: { 101: 305.4 },
      },
      flow: halted('blocked', 'the token has expired.'),
      ...dead({
        held: 1234,
        expired: 3,
        within: { '24h': 12, '72h': 30, '168h': 1231 },
        nextHorizon: NOW + 5 * 3_600_000,
        reasons: [{ reason: 'rejected_by_meta', events: 1234, soon: 12, expired: 3 }],
      }),
      replayable: replayable(330, 12, { assessed: 1231 }),
      replays: { ok: true, value: [{ ...REPLAY, state: 'running', why: null, held: [HELD] }] },
    }).join('\n');
    for (const words of [
      'Act now: pixel 101 is blocked (the token has expired); 40 events wait.',
      'Next: capi-relay check --config a.yaml',
      'Kafka         lag 1,204 messages; 1 ingest reads',
      'Filtered      100 of 1,200 events: 100 no_consent',
      'Queue         40 events in flight, the oldest for 2 s; Redis is 25 % full',
      'Per second    310 consumed, 305 delivered, 0 dead, over the last 4 s',
      'probed in 42 s: the token has expired.',
      'Dead letters  1,234 held, 3 of them past their horizon',
      'Horizon       12 expire within 24 h, 30 within 72 h, the next one in 5 h 0 m',
      `Replayable    330 of 1,231 can be replayed, as of ${new Date(NOW).toISOString().slice(11, 19)}Z`,
      'rejected_by_meta            1,234, 12 within 24 h, 3 expired',
      'Replays       r1 running, 40 of 100; 30 delivered, 2 dead again',
      'left for later: pixel 102 is blocked (the token has expired)',
    ]) {
      expect(text).toContain(words);
    }
  });

  test('gives each source that does not answer a line of its own, and shows the rest', () => {
    const text = screenOf({ kafka: FAILED, deadLetters: FAILED }).join('\n');
    expect(text).toContain('Kafka         no answer within 2 s');
    expect(text).toContain('Dead letters  no answer within 2 s');
    expect(text).toContain('101              active');
  });

  test.each([80, 40])(
    'has no line of more than %i characters, nor a control character',
    (columns) => {
      const why = `\x1b[2J${'a long story '.repeat(20)}`;
      const pixels = [
        pixel({ pixelId: '9'.repeat(16), lane: { state: 'blocked', why, until: NOW } }),
        pixel({ ledger: { ...NONE, consumed: 1e9, delivered: 999_999_990, queued: 9 } }),
      ];
      for (const line of screenOf({ flow: flow(pixels) }, columns)) {
        const isCommand = line.startsWith('  Next: ');
        if (!isCommand) expect(line.length).toBeLessThanOrEqual(columns);
        expect(line).not.toMatch(/\p{C}/u);
      }
    },
  );

  test('says what a low window hides, and clears what it does not write over', () => {
    const window = { rows: 2, columns: 5 };
    expect(frameOf(['a', 'b', 'c'], window)).toContain('a\x1b[K\r\n… 2 more lines');
    expect(frameOf(['a', 'b'], window)).toContain('a\x1b[K\r\nb\x1b[K\x1b[J');
    expect(frameOf(['\x1b[1maaaaa\x1b[22m', 'longer', 'c'], { ...window, rows: 3 })).toContain(
      '22m\x1b[K\r\n… 2 more lines',
    );
  });
});

describe('rates', () => {
  const moment = (at: number, delivered: number) => ({
    at,
    pixels: [pixel({ ledger: { ...NONE, consumed: delivered, delivered } })],
    none: NONE,
    noneFiltered: NOTHING_FILTERED,
    memoryRatio: 0,
  });

  test('are what the ledger gained', () => {
    expect(ratesBetween(moment(0, 100), moment(2000, 700))).toMatchObject({
      delivered: 300,
      deliveredBy: { 101: 300 },
    });
  });

  test('are none for one reading, and never negative', () => {
    expect(ratesBetween(moment(5, 1), moment(5, 1))).toBeNull();
    expect(ratesBetween(moment(0, 9), moment(1000, 0))?.delivered).toBe(0);
  });

  test('look back ten seconds', () => {
    const speedometer = new Speedometer();
    expect(speedometer.take(moment(0, 0))).toBeNull();
    speedometer.take(moment(8000, 8000));
    expect(speedometer.take(moment(12_000, 8000))).toMatchObject({ delivered: 0, overMs: 4000 });
  });
});

describe('a source', () => {
  test('that never answers is given up, with the last reason, and is not asked twice meanwhile', async () => {
    let asked = 0;
    const source = createSource(20, (blame) => {
      asked += 1;
      blame('connect ECONNREFUSED redis://u:secret@h:1');
      return new Promise<never>(() => {});
    });
    const error = 'no answer within 0.02 s (connect ECONNREFUSED redis://h:1)';
    expect(await source()).toEqual({ ok: false, error });
    expect(await source()).toEqual({ ok: false, error });
    expect(asked).toBe(1);
  });

  test('that fails is asked again', async () => {
    const answers = [() => Promise.reject(new Error('broken')), () => Promise.resolve(7)];
    const source = createSource(1000, () => (answers.shift() ?? (() => Promise.resolve(0)))());
    expect(await source()).toEqual({ ok: false, error: 'broken' });
    expect(await source()).toEqual({ ok: true, value: 7 });
  });
});
