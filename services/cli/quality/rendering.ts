import { styleText } from 'node:util';
import { NO_NAMES, type PixelNames } from '#core/pixel-names.ts';
import { MATCH_KEY_FIELDS } from '#core/quality/dataset-quality.ts';
import type { MatchAdvice } from '#core/quality/match-advice.ts';
import type { QualityReport, ReportedEvent } from '#core/quality/report.ts';
import { formatAge, plural } from '#core/text/format.ts';
import { table } from '../output/table.ts';
import { printable, wrapped } from '../output/text.ts';

interface Screen {
  /** Left out where no configuration is known. */
  readonly names?: PixelNames;
  /** Unix ms. */
  readonly now: number;
  /** Whether control asks Meta. */
  readonly enabled: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

/** Of tables, in columns. */
const INDENT = 2;

/** The widest text that is easily read. */
const READABLE = 100;

/** Everything about each pixel, as text. */
export function renderQuality(reports: readonly QualityReport[], screen: Screen): string {
  if (reports.length === 0) return 'No pixel is configured.\n';
  return reports.map((report) => renderPixel(report, screen)).join('\n');
}

function renderPixel(report: QualityReport, screen: Screen): string {
  const { pixelId, asOf, events, advice } = report;
  const age = asOf === null ? '' : `  as of ${formatAge(screen.now - asOf)} ago`;
  const parts = [
    `${styleText('bold', `PIXEL ${(screen.names ?? NO_NAMES).label(pixelId)}`)}${age}\n`,
    failureText(report, screen),
    asOf === null ? neverText(report, screen) : '',
    asOf !== null && events.length === 0 ? '  Meta knows of no events of a website.\n' : '',
    ...(events.length === 0
      ? []
      : [indented(scores(events, screen.width)), `\n${indented(keyShares(report, screen.width))}`]),
    diagnosticTexts(events, screen),
    advice.length === 0
      ? ''
      : `\n  What to send to improve it:\n${indented(adviceTable(advice, screen.width))}`,
  ];
  return parts.join('');
}

function failureText({ failure }: QualityReport, { width }: Screen): string {
  if (failure === null) return '';
  const code = failure.code === null ? '' : ` (code ${failure.code})`;
  const said = `Meta does not tell it${code}: ${printable(failure.message)}`;
  return block(said, '  ', width) + step(failure.advice, width);
}

function neverText({ failure }: QualityReport, { enabled, width }: Screen): string {
  if (failure !== null) return '';
  const words = enabled
    ? 'Control has stored nothing yet: wait for its next look, or ask Meta with --refresh.'
    : 'Nothing is stored: set control.quality.enabled: true for control, or ask Meta with --refresh.';
  return block(words, '  ', width);
}

function scores(events: readonly ReportedEvent[], width: number): string {
  const heading = ['EVENT', 'SCORE', 'USUAL', 'COVERED', 'EVENT ID', 'RECEIVED', 'GAIN'];
  return table([heading, ...events.map(scoreRow)], 0, width - INDENT);
}

function scoreRow(event: ReportedEvent): readonly string[] {
  const { eventName, score, usualScore, coverage, coverageGoal, dedupeKeys } = event;
  const goal = coverageGoal === null ? '' : ` of ${coverageGoal}`;
  return [
    eventName,
    score === null ? '–' : score.toFixed(1),
    usualScore === null ? '–' : usualScore.toFixed(1),
    percent(coverage) + goal,
    percent(dedupeKeys.find(({ key }) => key === 'event_id')?.server ?? null),
    event.uploadFrequency?.replaceAll('_', ' ') ?? '–',
    percent(event.additionalConversions),
  ];
}

/** What we sent stands above what Meta found. */
function keyShares({ events, sent, sentEvents }: QualityReport, width: number): string {
  const keys = [...MATCH_KEY_FIELDS];
  const own = keys.map(([, field]) =>
    sentEvents === null || sentEvents === 0 ? '–' : percent((sent.get(field) ?? 0) * 100),
  );
  const rows = events.map((event) => [
    event.eventName,
    ...keys.map(([key]) =>
      percent(event.matchKeys.find((each) => each.key === key)?.coverage ?? null),
    ),
  ]);
  const counted = sentEvents === null ? 'queued' : `queued (${plural(sentEvents, 'event')})`;
  return table(
    [['IDENTIFIER', ...keys.map(([key]) => key)], [counted, ...own], ...rows],
    0,
    width - INDENT,
  );
}

function diagnosticTexts(events: readonly ReportedEvent[], { width }: Screen): string {
  return events
    .flatMap((event) =>
      event.diagnostics.map(({ severity, name, percentage, solution }) => {
        const share = percentage === null ? '' : `, ${percent(percentage)} of the events`;
        const said = `${severity}: ${printable(name)} (${printable(event.eventName)}${share})`;
        return `\n${block(said, '  ', width)}${step(printable(solution), width)}`;
      }),
    )
    .join('');
}

function adviceTable(advice: readonly MatchAdvice[], width: number): string {
  const rows = advice.map(({ place, share, potential, why }) => [
    place,
    percent(share * 100),
    potential === null ? '–' : `+${percent(potential)}`,
    why,
  ]);
  return table([['IN A TRACK EVENT', 'SENT', 'GAIN', 'WHY'], ...rows], 3, width - INDENT);
}

function percent(value: number | null): string {
  return value === null ? '–' : `${Number(value.toFixed(1))} %`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

/** What to do, with its lines below one another. */
function step(text: string, width: number): string {
  return block(text, '    ', width).replace('    ', '  → ');
}

function block(text: string, indent: string, width: number): string {
  return wrapped(text, Math.min(width, READABLE), indent);
}
