import { lowest, ofFleet, orZero, rate, series } from '../expressions.ts';
import { betterFrom, column, goodAtZero, signal, type TableSignal, worseFrom } from '../signal.ts';

const CRITICAL = { severity: 'critical' } as const;
const SCORE_LIMITS = betterFrom(4, 6);
const HOUR_S = 3600;

/** What Meta says of the quality of the events; empty unless control asks it. */
export const META_QUALITY = {
  lowestScore: signal(
    'Lowest match quality',
    "Meta's Event Match Quality of the event that it matches worst, of 10. Below 6: send more identifiers; the page Quality of control says which.",
    'none',
    { score: lowest('qualityScore') },
    { decimals: 1, limits: SCORE_LIMITS },
  ),
  critical: signal(
    'Critical issues',
    'Issues that Meta found and that affect many events. The page Quality of control shows what each of them is and how to solve it.',
    'none',
    {
      issues: orZero(`sum(${ofFleet('qualityDiagnostics', ['pixel', 'event_name'], CRITICAL)})`),
    },
    { decimals: 0, alert: 'CapiMetaDiagnosticCritical', limits: goodAtZero('orange') },
  ),
  failing: signal(
    'Pixels Meta says nothing of',
    'Pixels of which Meta refuses to tell the quality: what is shown of them is old. `capi-relay quality` says why.',
    'none',
    { pixels: orZero(`sum(${ofFleet('qualityFailing', ['pixel'])})`) },
    { decimals: 0, alert: 'CapiMetaQualityUnknown', limits: goodAtZero('orange') },
  ),
  age: signal(
    'Oldest answer',
    'Time since Meta last told the quality of a pixel. Longer than control.quality.everyMinutes: it is throttled or refused.',
    's',
    { age: `max(time() - ${ofFleet('qualityAnswered', ['pixel'])})` },
    { limits: worseFrom(6 * HOUR_S, 24 * HOUR_S) },
  ),
  scores: signal(
    'Event Match Quality',
    'Of 10, by event. A fall: the source stopped sending an identifier, or sends it in another form; compare it with the match keys.',
    'none',
    { '{{event_name}}': lowest('qualityScore', ['event_name']) },
    { decimals: 1, max: 10 },
  ),
  drops: signal(
    'Below the usual score',
    'Points by which the event of a pixel that fell most is below its usual score. From 1: the source stopped sending an identifier; the page Quality of control names the event.',
    'none',
    { '{{pixel}}': ofFleet('qualityScoreDrop', ['pixel']) },
    { decimals: 1 },
  ),
  keys: signal(
    'Identifiers that Meta found',
    'Share of the events with an identifier, of the event that has least of it. Far below what was queued: Meta cannot read its values.',
    'percentunit',
    { '{{key}}': `sort_desc(${lowest('qualityKeyCoverage', ['key'])})` },
    { decimals: 1, max: 1, noValue: 'Only of metrics.detailedPixels' },
  ),
  answers: signal(
    'Answers about the quality',
    'Requests a second by what became of them. refused: the token may not read it, or its version has gone. throttled and unavailable pass.',
    'reqps',
    { '{{outcome}}': rate('qualityRequests', ['outcome']) },
  ),
};

/** Each event as Meta sees it. */
export const META_EVENTS: TableSignal = {
  title: 'Events as Meta sees them',
  description:
    'One line an event name, the worst over the chosen pixels; "other": custom events; "all": pixels that are not in metrics.detailedPixels. A score below the usual one: the source changed.',
  row: { label: 'event_name', title: 'Event', width: 200 },
  sortBy: 'Critical issues',
  columns: [
    column('Score of 10', 'none', lowest('qualityScore', ['event_name']), {
      decimals: 1,
      limits: SCORE_LIMITS,
    }),
    column('Usual score', 'none', lowest('qualityUsualScore', ['event_name']), { decimals: 1 }),
    column(
      "Of the browser's events",
      'percentunit',
      lowest('qualityEventCoverage', ['event_name']),
      { decimals: 1, limits: betterFrom(0.5, 0.75) },
    ),
    column('In real time', 'none', lowest('qualityRealTime', ['event_name']), {
      words: { 0: { text: 'no', colour: 'orange' }, 1: { text: 'yes', colour: 'green' } },
    }),
    column(
      'Critical issues',
      'none',
      `sum by (event_name) (max by (pixel, event_name) (${series('qualityDiagnostics', CRITICAL)}))`,
      { decimals: 0, limits: goodAtZero('orange') },
    ),
  ],
};
