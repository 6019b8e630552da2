import type { PixelNames } from '#core/pixel-names.ts';
import { MATCH_KEY_FIELDS } from '#core/quality/dataset-quality.ts';
import type { MatchAdvice } from '#core/quality/match-advice.ts';
import type { QualityReport, ReportedEvent } from '#core/quality/report.ts';
import { formatCount, plural } from '#core/text/format.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page } from '../layout.ts';
import { ago, commandLine, pixelOf } from './elements.ts';
import { COMMANDS, PATHS } from './links.ts';

/** Pixels of a page: what Meta says of one takes many lines. */
const PIXELS_SHOWN = 20;

/** The pixels of one page among all of them. */
interface PixelPart {
  readonly pixelIds: readonly string[];
  /** How many come before them, and how many there are. */
  readonly before: number;
  readonly all: number;
  /** The pixels with which the pages before and after start; null where there are none. */
  readonly earlier: string | null;
  readonly later: string | null;
}

/** @param from the first pixel; those from the start where it is null or not configured any more */
export function partFrom(pixelIds: readonly string[], from: string | null): PixelPart {
  const before = Math.max(from === null ? 0 : pixelIds.indexOf(from), 0);
  const end = before + PIXELS_SHOWN;
  return {
    pixelIds: pixelIds.slice(before, end),
    before,
    all: pixelIds.length,
    earlier: before === 0 ? null : (pixelIds[Math.max(before - PIXELS_SHOWN, 0)] ?? null),
    later: pixelIds[end] ?? null,
  };
}

interface QualityView {
  readonly reports: readonly QualityReport[];
  readonly part: PixelPart;
  /** Whether control asks Meta. */
  readonly enabled: boolean;
  readonly now: number;
  readonly names: PixelNames;
}

const REFRESH_S = 60;

/** Meta's view of the quality of the events, with what we sent beside it. */
export function qualityPage({ reports, part, enabled, now, names }: QualityView): Page {
  return {
    title: 'Quality',
    refreshS: REFRESH_S,
    body: html`<h1>Quality</h1>
<p class="lead">How well Meta can match the events to people, as its Dataset Quality API says. Only events of websites have a score.</p>
${!enabled && html`<p class="notice warn">Control does not ask Meta: set <code>control.quality.enabled: true</code>, and restart it.</p>`}
${reports.length === 0 && html`<div class="empty"><p>No pixel is configured.</p></div>`}
${reports.map((report) => pixelSection(report, now, names))}
${part.all > reports.length && pagination(part)}
${commandLine(COMMANDS.quality)}`,
  };
}

function pagination({ pixelIds, before, all, earlier, later }: PixelPart): Html {
  const range = `${formatCount(before + 1)} to ${formatCount(before + pixelIds.length)}`;
  return html`<p class="hint">Pixels ${range} of ${formatCount(all)}.</p>
<nav class="links" aria-label="Pagination">${earlier !== null && html`<a href="${PATHS.quality(earlier)}" rel="prev">Earlier pixels</a>`}${later !== null && html`<a href="${PATHS.quality(later)}" rel="next">Later pixels</a>`}</nav>`;
}

function pixelSection(report: QualityReport, now: number, names: PixelNames): Html {
  const { pixelId, asOf, events, sentEvents, advice } = report;
  const sent =
    sentEvents === null ? '' : `; we queued ${plural(sentEvents, 'event')} in the last 7 days`;
  return html`<section aria-labelledby="p${pixelId}"><h2 id="p${pixelId}">Pixel ${pixelOf(pixelId, names)}</h2>
${failureNotice(report, now)}
<p class="hint as-of">${asOf === null ? 'Meta has said nothing of it yet' : html`As of ${ago(asOf, now)}`}${sent}.</p>
${events.length > 0 && html`${scores(events)}${matchKeys(report)}${diagnostics(events)}`}
${asOf !== null && events.length === 0 && html`<p class="empty">Meta knows of no events of a website.</p>`}
${advice.length > 0 && adviceList(advice)}</section>
`;
}

function failureNotice({ failure }: QualityReport, now: number): Part {
  if (failure === null) return null;
  const { kind, code, subcode, message, at, advice } = failure;
  const known = code === null ? '' : ` (code ${code}${subcode === null ? '' : `/${subcode}`})`;
  const words = {
    throttled: 'Meta throttles the question',
    refused: 'Meta refuses to tell it',
    unavailable: 'Meta could not be asked',
  }[kind];
  return html`<p class="notice ${kind === 'refused' ? 'bad' : 'warn'}">${words} ${ago(at, now)}${known}: ${withFullStop(message)} <strong>${advice}</strong> Deliveries are not affected.</p>`;
}

/** Some messages of Meta end with a full stop, others do not. */
function withFullStop(message: string): string {
  return /[.!?…]$/.test(message) ? message : `${message}.`;
}

/** A table for each figure that belongs to an event as a whole. */
function scores(events: readonly ReportedEvent[]): Html {
  return html`<table class="stack figures">
<thead><tr><th scope="col">Event</th><th scope="col" class="n">Score of 10</th><th scope="col" class="n">Usual</th><th scope="col" class="n">Covered</th><th scope="col" class="n">Event ID</th><th scope="col">Received</th><th scope="col" class="n">Gain</th></tr></thead>
<tbody>${events.map(scoreRow)}</tbody></table>
<p class="hint">Usual: the median of the last 14 days. Covered: events of the browser that the server sent too. Event ID: events with one, which deduplicates them. Gain: further conversions reported because of the server.</p>`;
}

function scoreRow(event: ReportedEvent): Html {
  const { eventName, score, usualScore, coverage, coverageGoal, dedupeKeys } = event;
  const byId = dedupeKeys.find(({ key }) => key === 'event_id')?.server ?? null;
  const goal =
    coverageGoal === null ? null : html` <span class="muted">goal ${coverageGoal}</span>`;
  return html`<tr><th scope="row">${eventName}</th>
<td class="n" data-label="Score of 10">${scoreState(score, usualScore)}</td>
<td class="n" data-label="Usual">${usualScore === null ? none() : usualScore.toFixed(1)}</td>
<td class="n" data-label="Covered">${percent(coverage)}${goal}</td>
<td class="n" data-label="Event ID">${percent(byId)}</td>
<td class="nowrap" data-label="Received">${event.uploadFrequency?.replaceAll('_', ' ') ?? none()}</td>
<td class="n" data-label="Gain">${percent(event.additionalConversions)}</td></tr>
`;
}

const GOOD_SCORE = 6;
const BAD_SCORE = 4;

/** As far below the usual score as CapiMetaScoreDrop calls for. */
const DROP = 1;

function scoreState(score: number | null, usual: number | null): Html {
  if (score === null) return none();
  const fell = usual !== null && usual - score >= DROP;
  const kind = score < BAD_SCORE ? 'bad' : score < GOOD_SCORE || fell ? 'warn' : 'good';
  return html`<span class="state ${kind}">${score.toFixed(1)}</span>`;
}

/** The share of each identifier that Meta found, by event; what we sent stands above it. */
function matchKeys({ events, sent, sentEvents }: QualityReport): Html {
  const keys = [...MATCH_KEY_FIELDS.keys()];
  const own = (key: string): number | null => {
    if (sentEvents === null || sentEvents === 0) return null;
    return (sent.get(MATCH_KEY_FIELDS.get(key) ?? key) ?? 0) * 100;
  };
  const found = (event: ReportedEvent, key: string): number | null =>
    event.matchKeys.find((each) => each.key === key)?.coverage ?? null;
  const row = (name: Part, of: (key: string) => number | null): Html =>
    html`<tr><th scope="row">${name}</th>${keys.map((key) => html`<td class="n" data-label="${key}">${percent(of(key))}</td>`)}</tr>
`;
  return html`<h3 class="part">Share of the events with each identifier</h3>
<table class="stack figures">
<thead><tr><th scope="col">Event</th>${keys.map((key) => html`<th scope="col" class="n">${key.replaceAll('_', ' ')}</th>`)}</tr></thead>
<tbody>${row(html`We queued <span class="muted">all events</span>`, own)}
${events.map((event) => row(html`${event.eventName}`, (key) => found(event, key)))}</tbody></table>`;
}

function diagnostics(events: readonly ReportedEvent[]): Part {
  const found = events.flatMap((event) => event.diagnostics.map((each) => ({ event, each })));
  if (found.length === 0) return null;
  return html`<h3 class="part">What Meta found</h3>
<ul class="findings">${found.map(
    ({
      event,
      each,
    }) => html`<li><p><span class="state ${each.severity === 'critical' ? 'bad' : 'warn'}">${each.severity}</span> <strong>${each.name}</strong>
<span class="muted">${event.eventName}${each.percentage !== null && html`, ${percent(each.percentage)} of the events`}${each.affected !== null && html`, ${formatCount(each.affected)}${each.total !== null && ` of ${formatCount(each.total)}`}`}</span></p>
<p>${each.description}</p><p>${each.solution}</p></li>`,
  )}</ul>`;
}

function adviceList(advice: readonly MatchAdvice[]): Html {
  return html`<h3 class="part">What to send</h3>
<table class="stack figures">
<thead><tr><th scope="col">In a Track event</th><th scope="col" class="n">Sent now</th><th scope="col" class="n">Gain</th><th scope="col">Why</th></tr></thead>
<tbody>${advice.map(
    ({ place, share, potential, why }) => html`<tr><th scope="row"><code>${place}</code></th>
<td class="n" data-label="Sent now">${percent(share * 100)}</td>
<td class="n" data-label="Gain">${percent(potential)}</td>
<td class="wide">${why}</td></tr>
`,
  )}</tbody></table>
<p class="hint">Gain: how many more conversions Meta saw reported for similar advertisers who send it.</p>`;
}

function percent(value: number | null): Html {
  return value === null ? none() : html`${Number(value.toFixed(1))} %`;
}

function none(): Html {
  return html`<span class="zero">–</span>`;
}
