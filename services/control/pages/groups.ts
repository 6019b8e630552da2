import { adviceForReason } from '#core/dead-letter/advice.ts';
import type { Bucket } from '#core/dead-letter/groups.ts';
import { formatCount, formatDuration, plural } from '#core/text/format.ts';
import type { DeadLetterGroup } from '#store/dead-letters/groups.ts';
import { type Assessment, assessmentWords } from '#store/dead-letters/replay/assessment.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import { commandLine, type FilterText, filterBox, pixelOf, timeToHorizon } from './elements.ts';
import { COMMANDS, PATHS } from './links.ts';

const REFRESH_S = 10;

/** The dead letters by cause, the largest group first. */
export function groupsPage(
  groups: readonly DeadLetterGroup[],
  filter: FilterText,
  visit: Pick<Visit, 'now' | 'mayAct' | 'names'>,
  assessment: Assessment | null = null,
): Page {
  const { mayAct } = visit;
  const total = groups.reduce((sum, { events }) => sum + events, 0);
  return {
    title: 'Dead letters',
    // Filtered groups are not stored: they may have to be computed from all dead letters.
    ...(filter.where === '' ? { refreshS: REFRESH_S } : {}),
    body: html`<h1>Dead letters</h1>
<p class="lead">${lead(groups, total, assessment)}</p>
${filterBox(PATHS.groups(), filter)}
${
  total === 0
    ? emptyList(filter)
    : html`<ol class="groups">${groups.map((group) => card(group, visit))}</ol>
<p class="links"><a href="${PATHS.events(filter.where)}">List ${plural(total, 'event')}</a>${mayAct && groups.some(mayReplay) && html`<a href="${PATHS.newReplay(filter.where)}">Plan a replay of all these</a>`}${mayAct && html`<a href="${PATHS.bulkEdit(filter.where)}">Edit</a><a href="${PATHS.purge(filter.where)}">Purge</a>`}</p>`
}
${commandLine(COMMANDS.summary(filter.where))}`,
  };
}

function lead(
  groups: readonly DeadLetterGroup[],
  total: number,
  assessment: Assessment | null,
): string {
  if (total === 0)
    return 'Events that could not be sent stay here, with the reason, until they are replayed or purged.';
  const soon = groups.reduce((sum, { within }) => sum + within['24h'], 0);
  const expired = groups.reduce((sum, group) => sum + group.expired, 0);
  const words = [`${plural(total, 'event')} of ${plural(groups.length, 'cause')}.`];
  if (assessment !== null) words.push(`${assessmentWords(assessment)}.`);
  if (soon > 0) words.push(`${formatCount(soon)} expire within 24 hours.`);
  if (expired > 0) words.push(`${formatCount(expired)} have expired.`);
  return words.join(' ');
}

function emptyList({ where }: FilterText): Html {
  return where === ''
    ? html`<div class="empty"><p>No dead letters. Every event was delivered, filtered on purpose, or is on its way.</p></div>`
    : html`<div class="empty"><p>No dead letter matches this filter. <a href="${PATHS.groups()}">Show all</a></p></div>`;
}

function card(
  group: DeadLetterGroup,
  { now, mayAct, names }: Pick<Visit, 'now' | 'mayAct' | 'names'>,
): Html {
  const { reason, message, code, subcode, events, pixelId } = group;
  const { title, todo, remedy } = adviceForReason(reason);
  const where = filterOfGroup(group);
  const codes = code === null ? '' : `, code ${code}${subcode === null ? '' : `/${subcode}`}`;
  return html`<li class="group">
<p class="count"><a href="${PATHS.events(where)}" aria-label="List ${plural(events, 'event')}">${formatCount(events)}</a></p>
<div class="what"><h2>${title}</h2>
<p class="facts"><code>${reason}</code> <span class="muted">${pixelId === null ? 'no pixel' : html`pixel ${pixelOf(pixelId, names)}`}, in ${group.stage}${codes}</span></p>
<p class="said">${message}</p>
<p class="todo">${todo}</p>
<p class="links"><a href="${PATHS.events(where)}">Show the events</a>${mayAct && remedy !== 'purge' && mayReplay(group) && html`<a href="${PATHS.newReplay(where)}">Plan a replay</a>`}${mayAct && isEditable(group) && html`<a href="${PATHS.bulkEdit(where)}">Edit them</a>`}${mayAct && remedy === 'purge' && html`<a href="${PATHS.purge(where)}">Purge</a>`}</p></div>
<div class="when">${sparkline(group.died, now)}
<dl><div><dt>Oldest</dt><dd>${formatDuration(now - group.oldest)} ago</dd></div><div><dt>First expires</dt><dd>${expiry(group, now)}</dd></div>${replayable(group)}</dl></div>
</li>
`;
}

/** Where correcting the events can help: the mapping refused them for what they hold, or Meta did. */
function isEditable({ reason }: DeadLetterGroup): boolean {
  return adviceForReason(reason).remedy === 'edit' || EDITABLE.includes(reason);
}

const EDITABLE = ['missing_value', 'missing_website_context', 'rejected_by_meta'];

/** False where a replay would put none of them back. */
function mayReplay({ replay, events }: DeadLetterGroup): boolean {
  return replay === undefined || replay.replayable > 0 || replay.assessed < events;
}

function replayable({ replay }: DeadLetterGroup): Part {
  if (replay === undefined || replay.assessed === 0) return null;
  const words = `${formatCount(replay.replayable)} of ${formatCount(replay.assessed)}`;
  return html`<div><dt>Can be replayed</dt><dd>${words}</dd></div>`;
}

function expiry({ nextHorizon, expired, events }: DeadLetterGroup, now: number): Html {
  if (nextHorizon === null && expired === events)
    return html`<span class="muted">all expired</span>`;
  const rest =
    expired === 0 ? null : html` <span class="muted">(${formatCount(expired)} expired)</span>`;
  return html`${timeToHorizon(nextHorizon, now)}${rest}`;
}

const HOUR_MS = 3_600_000;
const RANGES = [
  { ms: 24 * HOUR_MS, words: 'the last 24 hours' },
  { ms: 7 * 24 * HOUR_MS, words: 'the last 7 days' },
] as const;

const BARS = 42;
const STEP = 4;
const WIDTH = BARS * STEP;
const HEIGHT = 32;
const GAP = 1;

/** A bar chart of the last day, or of the last week if there are older deaths. */
function sparkline(counts: readonly Bucket[], now: number): Html {
  const oldest = counts[0]?.at ?? now;
  const range = now - oldest <= RANGES[0].ms ? RANGES[0] : RANGES[1];
  const bars = heights(counts, now, range.ms);
  const most = Math.max(...bars, 1);
  const total = bars.reduce((sum, events) => sum + events, 0);
  const path = bars.map((events, index) => bar(index, events / most)).join('');
  const words = `${formatCount(total)} died in ${range.words}, at most ${formatCount(most)} per bar`;
  return html`<figure class="spark"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${words}"><title>${words}</title><path class="none" d="M0 ${HEIGHT - 0.5}h${WIDTH}"/><path d="${path}"/></svg><figcaption>${range.words}</figcaption></figure>`;
}

function heights(counts: readonly Bucket[], now: number, rangeMs: number): number[] {
  const bars = Array.from({ length: BARS }, () => 0);
  for (const { at, events } of counts) {
    const index = Math.min(Math.floor(((at - now + rangeMs) / rangeMs) * BARS), BARS - 1);
    if (index >= 0) bars[index] = (bars[index] ?? 0) + events;
  }
  return bars;
}

/** The lowest bar that is still visible. */
const MIN_BAR_HEIGHT = 2;

/** One bar as a part of a path; empty for no events. */
function bar(index: number, share: number): string {
  if (share === 0) return '';
  const height = Math.max(share * HEIGHT, MIN_BAR_HEIGHT).toFixed(1);
  const width = STEP - GAP;
  return `M${index * STEP} ${HEIGHT}v-${height}h${width}v${height}z`;
}

/** The parts of a message that differ between events of one cause, and their placeholders. */
const VARIABLE = /(?:["'“”‘’«»…\d]|\[removed\])+/;

const MIN_WORDS_LENGTH = 8;
const MAX_WORDS_LENGTH = 80;

/** A filter that matches the events of a group, and hardly any others. */
export function filterOfGroup(
  group: Pick<DeadLetterGroup, 'pixelId' | 'stage' | 'reason' | 'code' | 'subcode' | 'message'>,
): string {
  const { pixelId, stage, reason, code, subcode, message } = group;
  const terms = [`reason:${reason}`, `pixel:${pixelId ?? 'none'}`, `stage:${stage}`];
  if (code !== null) terms.push(`code:${code}`);
  if (subcode !== null) terms.push(`subcode:${subcode}`);
  const words = fixedWords(message);
  if (words !== '') terms.push(`message:"${words}"`);
  return terms.join(' ');
}

/** The longest part that all messages of a cause share. */
function fixedWords(message: string): string {
  const parts = message
    .split(VARIABLE)
    .map((part) => part.trim().slice(0, MAX_WORDS_LENGTH).trim());
  const [longest = ''] = parts.sort((a, b) => b.length - a.length);
  return longest.length < MIN_WORDS_LENGTH ? '' : longest;
}
