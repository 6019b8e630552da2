import { formatAge, formatCount } from '#core/text/format.ts';
import type { ProcessEntry } from '#store/processes.ts';
import { RANGES, type Range, ratesOf, type Sample } from '../../history.ts';
import { type Html, html, type Part } from '../../html.ts';
import { sparkline } from '../charts/sparkline.ts';
import { ago, timestamp } from '../elements.ts';
import { PATHS } from '../links.ts';

/** What was sampled in a range of time; the oldest first. */
export interface Vitals {
  readonly range: Range;
  readonly samples: readonly Sample[];
}

/** Rates, backlog and age, each with its line over a range of time. */
export function vitalSigns({ range, samples }: Vitals): Html {
  const last = samples.at(-1);
  const since = RANGES[range].words;
  return html`<section aria-labelledby="vitals"><h2 id="vitals">Rates and backlog</h2>
<nav class="ranges" aria-label="Time range">${Object.keys(RANGES).map((each) => rangeLink(each as Range, range))}
<span class="muted">${last === undefined ? 'Sampled every 15 seconds; nothing yet.' : html`as of ${timestamp(last.at)} UTC`}</span></nav>
<dl class="tiles">
${tile('Consumed', ratesOf(samples, 'consumed'), perSecond, since)}
${tile('Delivered', ratesOf(samples, 'delivered'), perSecond, since)}
${tile('Dead letters', ratesOf(samples, 'died'), perSecond, since)}
${tile(
  'Lag in Kafka',
  samples.map(({ lag }) => lag),
  messages,
  since,
)}
${tile(
  'In flight',
  samples.map(({ queued }) => queued),
  events,
  since,
)}
${tile(
  'Oldest waiting',
  samples.map(({ oldestMs }) => oldestMs),
  formatAge,
  since,
)}
</dl></section>`;
}

function rangeLink(each: Range, range: Range): Html {
  return html`<a href="${PATHS.overview(each)}"${each === range && html` aria-current="true"`}>${each === '15m' ? '15 min' : each === '1h' ? '1 h' : '24 h'}</a>`;
}

function perSecond(value: number): string {
  const text = value >= 10 ? formatCount(value) : String(Number(value.toFixed(value >= 1 ? 1 : 2)));
  return `${text}/s`;
}

function messages(value: number): string {
  return `${formatCount(value)} ${value === 1 ? 'message' : 'messages'}`;
}

function events(value: number): string {
  return `${formatCount(value)} ${value === 1 ? 'event' : 'events'}`;
}

function tile(
  title: string,
  values: readonly (number | null)[],
  write: (value: number) => string,
  since: string,
): Html {
  const known = values.filter((value) => value !== null);
  const last = values.at(-1) ?? null;
  const now = last === null ? 'not known' : write(last);
  const most = known.length === 0 ? null : Math.max(...known);
  const words = `${title}: ${now}${most === null ? '' : `, at most ${write(most)} in the last ${since}`}`;
  return html`<div><dt>${title}</dt><dd><span class="${last === null ? 'muted' : 'value'}">${now}</span>${sparkline(values, words)}<span class="hint">${most !== null && html`at most ${write(most)}`}</span></dd></div>
`;
}

const MOST_PROCESSES = 50;

/** The processes that announce themselves, with their releases and machines. */
export function processTable(processes: readonly ProcessEntry[], now: number): Part {
  const versions = new Set(processes.map(({ version }) => version));
  const more = processes.length - MOST_PROCESSES;
  return html`<section aria-labelledby="processes"><h2 id="processes">Processes</h2>
${
  processes.length === 0
    ? html`<p class="empty">No process has announced itself. Processes of earlier releases do not.</p>`
    : html`<table class="stack">
<thead><tr><th scope="col">Service</th><th scope="col">Version</th><th scope="col">Host</th><th scope="col" class="n">Process ID</th><th scope="col">Started</th><th scope="col">Last heard of</th></tr></thead>
<tbody>${processes.slice(0, MOST_PROCESSES).map((each) => processRow(each, now))}</tbody></table>`
}
${more > 0 && html`<p class="hint">And ${formatCount(more)} more.</p>`}
${versions.size > 1 && html`<p class="notice warn">The processes are of ${versions.size} releases: ${[...versions].sort().join(', ')}.</p>`}</section>`;
}

function processRow(
  { service, version, host, pid, startedAt, at }: ProcessEntry,
  now: number,
): Html {
  return html`<tr><th scope="row">${service}</th><td data-label="Version">${version}</td><td data-label="Host" class="wrap">${host}</td><td class="n" data-label="Process ID">${String(pid)}</td><td data-label="Started" class="nowrap">${ago(startedAt, now)}</td><td data-label="Last heard of" class="nowrap">${ago(at, now)}</td></tr>
`;
}
