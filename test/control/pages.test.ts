import { describe, expect, test } from '@jest/globals';
import type { Html } from '#control/html.ts';
import { auditPage } from '#control/pages/audit.ts';
import { readGroupOrder } from '#control/pages/dead-letters/sorting.ts';
import type { FilterText } from '#control/pages/elements.ts';
import { eventPage } from '#control/pages/event.ts';
import { eventsPage } from '#control/pages/events.ts';
import { groupsPage } from '#control/pages/groups.ts';
import { newReplayPage } from '#control/pages/new-replay.ts';
import { purgePage } from '#control/pages/purge.ts';
import { replayPage } from '#control/pages/replay.ts';
import { replaysPage } from '#control/pages/replays.ts';
import { readReplayRequest } from '#control/routes/replay-request.ts';
import type { DeadLetterGroup } from '#store/dead-letters/groups.ts';
import type { Content } from '#store/dead-letters/masking.ts';
import { noCounts } from '#store/dead-letters/replay/counts.ts';
import type { ReplayPreview } from '#store/dead-letters/replay/preview.ts';
import { facts, group, HOSTILE, HOUR_MS, NOW, replay, visit } from './facts.ts';

const [LOOKS, ACTS] = [visit(false), visit(true)];
const NO_FILTER: FilterText = { where: '', problem: null };
const MASKED = { content: { event: 'x', context: { traits: '[text of 9]' } }, masked: true };
const PLAN = {
  events: 20,
  mapped: 5,
  pixelIds: ['101'],
  counts: { ...noCounts(), matched: 25, left: 3 },
};
const ENTRY = {
  at: NOW,
  by: 'ada',
  action: 'purge_finished',
  reason: 'old',
  where: 'expires:past',
  replay: null,
  details: { purged: 5, backup: 'purged.ndjson', why: null },
} as const;

const table = (
  all: readonly DeadLetterGroup[],
  who = LOOKS,
  filter = NO_FILTER,
  query: Record<string, string> = {},
) => {
  const order = readGroupOrder(query);
  const view = { groups: all, order, topics: ['orders', 'carts'], assessment: null };
  return groupsPage(view, filter, who).body;
};
const groups = (change = {}, who = LOOKS, filter = NO_FILTER) =>
  table([group(change)], who, filter);
const LIST = { order: 'newest', cursor: null, next: null, ofNewest: null, unreadable: [] } as const;
const events = (list = {}, filter = NO_FILTER, who = ACTS) =>
  eventsPage({ ...LIST, letters: [facts()], ...list }, filter, who).body;
const event = (change = {}, content: Content = MASKED, previews: readonly ReplayPreview[] = []) =>
  eventPage(facts(change), { content, previews }, ACTS).body;
const preview = (change: Partial<ReplayPreview> = {}): ReplayPreview => ({
  pixelId: '101',
  outcome: 'deliver',
  reason: null,
  message: null,
  event: null,
  changes: [],
  ...change,
});
const planned = (given: Record<string, string>, problem: string | null = null) =>
  newReplayPage({ request: readReplayRequest(given), problem, plan: PLAN }, ACTS).body;
const purging = (change = {}) =>
  purgePage({ where: 'a', matched: 1234, problem: null, backupFolder: '/backups', ...change }, ACTS)
    .body;

type Case = [name: string, shown: Html, words: string];

const DEAD_LETTERS: Case[] = [
  ['how many', groups(), '>1,234</a>'],
  ['what it means', groups(), '<strong>Rejected by Meta</strong>'],
  ['what to do', groups(), 'Fix the mapping or the source'],
  ['the codes of Meta', groups(), 'in worker, code 100/2804050'],
  ['less than a day to the horizon', groups(), '<time class="urgent"'],
  ['more than a day', groups({ nextHorizon: NOW / 1000 + 200_000 }), '<time datetime'],
  ['those that have expired', groups(), '(4 expired)'],
  ['nothing but expired ones', groups({ nextHorizon: null, expired: 1234 }), 'all expired'],
  ['when they died, for a screen reader', groups(), '1,234 died in the last 24 hours'],
  [
    'older ones over a week',
    groups({ died: [{ at: NOW - 30 * HOUR_MS, events: 2 }] }),
    'the last 7 days',
  ],
  ['much older ones', groups({ died: [{ at: NOW - 9 * 24 * HOUR_MS, events: 2 }] }), '30 d ago'],
  ['the command', groups(), 'capi-relay dead-letters summary<'],
  [
    'the command with its filter',
    groups({}, LOOKS, { where: 'message:"it\'s"', problem: null }),
    'summary --where &#39;message:&quot;it&#39;\\&#39;&#39;s&quot;&#39;',
  ],
  [
    'what is wrong with a filter',
    groups({}, LOOKS, { where: 'x', problem: 'no term' }),
    'no term</p>',
  ],
  ['a replay, for an operator', groups({}, ACTS), 'Plan a replay</a>'],
  [
    'how many can be replayed',
    groups({ replay: { at: NOW, assessed: 1234, replayable: 7, soon: 0 } }, ACTS),
    '<td class="n" data-label="Can be replayed">7</td>',
  ],
  ['no dead letters', table([]), 'No dead letters.'],
  ['none that match', table([], LOOKS, { where: 'pixel:1', problem: null }), 'Show all'],
  [
    'of some, how many were looked at',
    groups({ replay: { at: NOW, assessed: 9, replayable: 7, soon: 0 } }),
    '7 <span class="muted">of 9</span>',
  ],
  [
    'which column it is sorted by',
    groups(),
    'class="n" aria-sort="descending"><a href="/dead-letters?sort=saved">',
  ],
  ['how to sort by another', groups(), '<a href="/dead-letters?sort=-events">Events</a>'],
  [
    'a checkbox for a cause',
    groups(),
    'name="cause.cause-of-101" value="yes" aria-label="Select Rejected by Meta, 101"',
  ],
  [
    'a facet',
    table([group(), group({ pixelId: '102' })]),
    '<a href="/dead-letters?where=pixel%3A102">102 <span class="n">1,234</span></a>',
  ],
  ['topics', groups(), '<a href="/dead-letters?where=topic%3Acarts">carts</a>'],
  [
    'a chosen facet, which takes its term out',
    groups({}, LOOKS, { where: 'pixel:101 stage:worker', problem: null }),
    '<a href="/dead-letters?where=stage%3Aworker" aria-current="true">101',
  ],
  [
    'another one instead of it',
    groups({}, LOOKS, { where: 'expires:<24h stage:worker', problem: null }),
    'where=stage%3Aworker+expires%3Apast"',
  ],
  [
    'no more pages than there are',
    table([group()], LOOKS, NO_FILTER, { page: '9' }),
    '<tbody></tbody>',
  ],
  ['what to do about a list of one reason', events(), 'Fix the mapping or the source'],
  [
    'who acknowledged a cause',
    groups({
      acknowledged: {
        by: HOSTILE,
        reason: 'late import',
        at: NOW - 60_000,
        until: NOW + 2 * HOUR_MS,
        events: 1234,
      },
    }),
    '</time>: late import; for 2 h 0 m, or until it changes.</p>',
  ],
  [
    'a checkbox for an event',
    events(),
    'name="id.abc.1" value="yes" aria-label="Select Purchase, abc.1"',
  ],
  ['the list by expiry', events({ order: 'expires', next: '50' }), 'cursor=50&amp;sort=expires'],
  [
    'that not all were sorted',
    events({ order: 'expires', ofNewest: 20_000 }),
    'the newest 20,000 that match',
  ],
  ['an event leads to its page', events(), 'href="/dead-letters/events/abc.1"'],
  ['one without a name', events({ letters: [facts({ eventName: null })] }), 'unread message'],
  ['the next page', events({ next: '9-3' }), 'cursor=9-3'],
  ['the end', events({ letters: [], cursor: '9-3' }), 'No older dead letters.'],
];

const EVENT: Case[] = [
  ['where it was in Kafka', event(), 'partition 3, offset 118204'],
  ['what Meta said', event(), 'HTTP 400, code 100, subcode 2804050'],
  ['the trace', event(), 'Trace1'],
  ['that Meta may have it', event(), 'Meta may have received it'],
  ['how often it was sent', event(), 'It was sent 2 times'],
  ['its replays', event(), 'It was replayed 1 time'],
  ['the horizon', event(), 'class="urgent"'],
  ['a horizon that is past', event({ horizon: NOW / 1000 - 1 }), 'expired'],
  ['what is masked', event(), '<span class="masked">[text of 9]</span>'],
  [
    'why it does not open',
    event({}, { unreadable: 'no key “k”' }),
    'It cannot be read: no key “k”',
  ],
  ['the command', event(), 'capi-relay dead-letters show abc.1<'],
  ['how to edit it', event({ reason: 'invalid_currency' }), 'dead-letters edit abc.1<'],
  ['that it would be sent as it was', event({}, MASKED, [preview()]), 'The same payload as before'],
  [
    'what would be other than it was',
    event({}, MASKED, [preview({ changes: ['- a: 1', '+ a: 2'] })]),
    '<li class="removed">- a: 1</li><li class="added">+ a: 2</li>',
  ],
  [
    'that it would be refused again',
    event({}, MASKED, [preview({ outcome: 'reject', reason: 'missing_value', message: 'none' })]),
    'it would be rejected again',
  ],
  [
    'that it would be left alone',
    event({}, MASKED, [preview({ outcome: 'skip', reason: 'looping' })]),
    'it was replayed 3 times or more',
  ],
  [
    'that it would be left out',
    event({}, MASKED, [preview({ outcome: 'filter', reason: 'no_consent' })]),
    '<code>no_consent</code>',
  ],
];

const HALTED = { pixelId: '102', state: 'blocked', why: 'the token is dead', after: '' } as const;

const REPLAYS: Case[] = [
  ['none yet', replaysPage([], LOOKS).body, 'No replays yet.'],
  ['one under way', replaysPage([replay()], LOOKS).body, '<h2 id="open">Active</h2>'],
  ['a past one', replaysPage([replay({ state: 'finished' })], LOOKS).body, '412 of 1,000'],
  ['how far', replayPage(replay(), LOOKS).body, '<progress max="1000" value="412"'],
  ['how fast', replayPage(replay(), LOOKS).body, '7 per second'],
  ['how long yet', replayPage(replay(), LOOKS).body, '86 s left'],
  ['what became of them', replayPage(replay(), LOOKS).body, 'died again 2'],
  [
    'what was left alone',
    replayPage(replay(), LOOKS).body,
    '<span class="n">12</span> past the horizon',
  ],
  [
    'why it stopped',
    replayPage(replay({ state: 'stopped', why: 'the canary failed' }), LOOKS).body,
    'the canary failed',
  ],
  [
    'that halted pixels are left for later',
    replaysPage([replay({ held: [HALTED] })], LOOKS).body,
    '<span>1 halted pixel left for later</span>',
  ],
  [
    'one that waits for them',
    replaysPage([replay({ state: 'stopped', awaitsPixels: true, held: [HALTED] })], LOOKS).body,
    '<span class="state warn">waiting for halted pixels</span>',
  ],
  [
    'which and why',
    replayPage(replay({ held: [HALTED] }), LOOKS).body,
    '<li><span class="id">102</span> is blocked: the token is dead</li>',
  ],
  ['who and why', replayPage(replay(), LOOKS).body, '<dd>token renewed</dd>'],
  ['pausing, for an operator', replayPage(replay(), ACTS).body, 'action="/replays/r1/pause"'],
  ['with the command', replayPage(replay(), ACTS).body, 'capi-relay replay pause r1'],
  ['resuming', replayPage(replay({ state: 'stopped' }), ACTS).body, 'action="/replays/r1/resume"'],
  [
    'the plan',
    planned({ where: 'a:b' }),
    '<strong>20</strong> of 25 dead letters would be put back',
  ],
  ['how long it takes', planned({ where: 'a:b', rate: '5' }), 'in about 4 seconds'],
  [
    'what is mapped again',
    planned({ where: 'a:b' }),
    '<span class="n">5</span> of them are mapped',
  ],
  [
    'what confirms it',
    planned({ where: 'a:b', rate: '5' }),
    '<input type="hidden" name="rate" value="5">',
  ],
  ['with a token', planned({ where: 'a:b' }), 'name="token" value="the-token"'],
  [
    'the command',
    planned({ where: 'a:b', rate: '5', loop: 'yes' }),
    'replay --where a:b --rate 5 --force-loop --detach',
  ],
  ['no option in two lines', planned({ where: 'a:b' }), '<span class="option">--where</span> a:b'],
  ['everything', planned({ all: 'yes' }), 'capi-relay replay --all --detach'],
  ['what is wrong', planned({}, 'Enter a filter'), 'role="alert">Enter a filter'],
  ['how many are purged', purging(), 'Type 1,234 to confirm'],
  ['where to', purging(), '/backups'],
  ['none to purge', purging({ matched: 0 }), 'No dead letter matches.'],
  ['the trail', auditPage([ENTRY]).body, 'purged 5, backup purged.ndjson<'],
  ['no trail', auditPage([]).body, 'No actions yet.'],
];

const FIRST = /id="c-(\w+)"/g;
const PART = { replay: { at: NOW, assessed: 5, replayable: 5, soon: 0 }, events: 5 };

test.each([
  ['what can be saved and expires first', {}, 'soon later unknown none expired'],
  ['events', { sort: '-events' }, 'none soon later expired unknown'],
  ['the first that expires', { sort: 'expires' }, 'none soon later unknown expired'],
  ['no column that there is', { sort: '__proto__' }, 'soon later unknown none expired'],
])('causes sorted by %s', (_, query, order) => {
  const all = [
    group({ cause: 'unknown', events: 1, nextHorizon: NOW / 1000 + 9000 }),
    group({
      ...PART,
      cause: 'expired',
      replay: { ...PART.replay, replayable: 0 },
      nextHorizon: null,
    }),
    group({ ...PART, cause: 'later', nextHorizon: NOW / 1000 + 8000 }),
    group({
      cause: 'none',
      replay: { at: NOW, assessed: 1234, replayable: 0, soon: 0 },
      nextHorizon: NOW / 1000 + 60,
    }),
    group({ ...PART, cause: 'soon', nextHorizon: NOW / 1000 + 7000 }),
  ];
  const { text } = table(all, LOOKS, NO_FILTER, query);
  expect([...text.matchAll(FIRST)].map(([, name]) => name).join(' ')).toBe(order);
});

test('a thousand causes of a thousand pixels are shown some at a time', () => {
  const all = Array.from({ length: 1000 }, (_, at) =>
    group({ cause: `c${at}`, pixelId: `${1000 + at}`, events: 1000 - at }),
  );
  const page = (query: Record<string, string>) => table(all, ACTS, NO_FILTER, query).text;
  const first = page({ sort: '-events' });
  expect([...first.matchAll(FIRST)]).toHaveLength(25);
  expect(first).toContain('Page 1 of 40');
  expect(first).toContain('and 994 more');
  expect(first.length).toBeLessThan(80_000);
  expect(page({ sort: '-events', page: '40' })).toContain('id="c-c999"');
});

test('no replay is offered of what none would put back', () => {
  const of = (assessed: number): string =>
    groups({ replay: { at: NOW, assessed, replayable: 0, soon: 0 } }, ACTS).text;
  expect(of(1234)).not.toContain('Plan a replay');
  expect(of(1000).match(/Plan a replay/g)).toHaveLength(2);
});

describe('pages show', () => {
  test.each([...DEAD_LETTERS, ...EVENT, ...REPLAYS])('%s', (_, shown, words) => {
    expect(shown.text).toContain(words);
  });
});

describe('no viewer is offered to', () => {
  test.each([
    ['replay a group', groups()],
    ['act on a list', events({}, NO_FILTER, LOOKS)],
    ['replay an event', eventPage(facts(), { content: MASKED, previews: [] }, LOOKS).body],
    ['halt a replay', replayPage(replay(), LOOKS).body],
  ])('%s', (_, shown) => {
    expect(shown.text).not.toMatch(/method="post"|\/replays\/new|\/purge/);
  });
});

describe('what others write stays text', () => {
  const refusal = { ...facts().refusal, message: HOSTILE, traceId: HOSTILE } as never;
  const hostile = { eventName: HOSTILE, eventId: HOSTILE, message: HOSTILE, refusal };
  test.each([
    ['of a group', groups({ message: HOSTILE, reason: HOSTILE, pixelId: HOSTILE, cause: HOSTILE })],
    ['of a list', events({ letters: [facts({ ...hostile, id: HOSTILE })] })],
    ['of an event', event(hostile)],
    ['of a payload', event({}, { content: { [HOSTILE]: HOSTILE, list: [HOSTILE] }, masked: true })],
    ['of what would change', event({}, MASKED, [preview({ changes: [`+ ${HOSTILE}`] })])],
    ['of a filter', groups({}, ACTS, { where: HOSTILE, problem: HOSTILE })],
    ['of a replay', replayPage(replay({ why: HOSTILE }), ACTS).body],
    ['of a plan', planned({ where: HOSTILE, rate: HOSTILE, max: HOSTILE })],
    ['of a purge', purging({ where: HOSTILE })],
    [
      'of the trail',
      auditPage([{ ...ENTRY, by: HOSTILE, where: HOSTILE, details: { HOSTILE } }]).body,
    ],
  ])('%s', (_, shown) => {
    expect(shown.text).not.toContain('<script');
    expect(shown.text).not.toContain('">&lt;script');
  });
});
