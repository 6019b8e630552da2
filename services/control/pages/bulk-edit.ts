import { formatCount, plural } from '#core/text/format.ts';
import type { EditPlan } from '#store/dead-letters/bulk-edit/plan.ts';
import type { BulkEditResult } from '#store/dead-letters/bulk-edit/run.ts';
import { leftWords, outcomeWords } from '#store/dead-letters/bulk-edit/words.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import { commandLine, reasonField, tokenField } from './elements.ts';
import { differences } from './event.ts';
import { COMMANDS, PATHS } from './links.ts';

/** The fields of the form, as text. */
export interface BulkEditRequest {
  readonly where: string;
  readonly all: boolean;
  /** One `path=value` or path on each line. */
  readonly set: string;
  readonly unset: string;
  readonly canary: string;
  readonly force: boolean;
}

interface BulkEditPlanning {
  readonly request: BulkEditRequest;
  /** What is wrong with the request, or why nothing was changed. */
  readonly problem: string | null;
  /** Null without a valid request. */
  readonly plan: EditPlan | null;
}

export function bulkEditPage({ request, problem, plan }: BulkEditPlanning, visit: Visit): Page {
  return {
    title: 'Edit dead letters',
    body: html`<p class="path"><a href="${PATHS.groups(request.where)}">Dead letters</a> / edit</p>
<h1>Edit dead letters</h1>
<p class="lead">Select dead letters, name places and values, review the plan, then confirm. Nothing is changed before you confirm.</p>
${problem !== null && html`<div class="notices"><p class="notice bad" role="alert">${problem}</p></div>`}
${requestForm(request, visit)}
${plan !== null && planSection(plan, request, visit)}
${commandLine(COMMANDS.bulkEdit(request.where, linesOf(request.set), linesOf(request.unset)))}`,
  };
}

/** The lines of a field that say something. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function requestForm(request: BulkEditRequest, visit: Visit): Html {
  const { where, all, set, unset, canary, force } = request;
  return html`<form class="plan" method="post" action="${PATHS.bulkEdit()}">${tokenField(visit)}
<p class="field wide-field"><label for="where">Filter</label><input id="where" name="where" value="${where}" spellcheck="false" autocomplete="off" placeholder="reason:missing_value since:12h"></p>
<p class="check"><input type="checkbox" id="all" name="all" value="yes"${all && html` checked`}><label for="all">All dead letters, if there is no filter</label></p>
<p class="field wide-field"><label for="set">Set, one path=value per line</label><textarea id="set" name="set" rows="3" spellcheck="false" autocomplete="off" placeholder="properties.revenue=@properties.total">${set}</textarea></p>
<p class="hint wide-field">A value is JSON, such as <code>12.5</code> or <code>"EUR"</code>, or <code>@path</code>, which copies from the event.</p>
<p class="field wide-field"><label for="unset">Remove, one path per line</label><textarea id="unset" name="unset" rows="2" spellcheck="false" autocomplete="off" placeholder="properties.coupon">${unset}</textarea></p>
<p class="field"><label for="canary">Canary, changed first</label><input id="canary" name="canary" value="${canary}" inputmode="numeric" size="8"></p>
<p class="check"><input type="checkbox" id="force" name="force" value="yes"${force && html` checked`}><label for="force">Go on although a replay would deliver none of the canary</label></p>
<p><button type="submit">Show the plan</button></p>
</form>`;
}

function planSection(plan: EditPlan, request: BulkEditRequest, visit: Visit): Html {
  const { matched, changes, left, before, after, samples } = plan;
  const { why, where } = leftWords(left);
  return html`<section class="card" aria-labelledby="plan"><h2 id="plan">The plan</h2>
<p class="big"><strong>${formatCount(changes)}</strong> of ${plural(matched, 'dead letter')} would change.</p>
${list([...why, ...where])}
${
  changes > 0 &&
  html`${list([`A replay now: ${outcomeWords(before)}.`, `A replay after the edit: ${outcomeWords(after)}.`])}
<p class="hint">${plural(samples.length, 'sample')}, with personal values masked:</p>${samples.map(sample)}${confirmForm(plan, request, visit)}`
}</section>`;
}

function list(lines: readonly string[]): Part {
  return (
    lines.length > 0 && html`<ul class="counts">${lines.map((line) => html`<li>${line}</li>`)}</ul>`
  );
}

function sample({ id, changes }: EditPlan['samples'][number]): Html {
  return html`<p class="hint"><a href="${PATHS.event(id)}"><span class="id">${id}</span></a></p>${differences(changes)}`;
}

function confirmForm({ changes }: EditPlan, request: BulkEditRequest, visit: Visit): Html {
  const { all, force, ...texts } = request;
  const yes = { all: all ? 'yes' : '', force: force ? 'yes' : '', confirm: 'yes' };
  const fields = { ...texts, ...yes, changes };
  return html`<form method="post" action="${PATHS.bulkEdit()}">${tokenField(visit)}
${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
${reasonField('value mapped from total, ticket 4711')}
<p><button class="primary" type="submit">Change ${plural(changes, 'dead letter')}</button></p></form>`;
}

/** What a bulk edit did. */
export function bulkEditedPage(result: BulkEditResult, where: string): Page {
  const { changed, left, canary, after, stopped } = result;
  const { why, where: places } = leftWords(left);
  return {
    title: 'Edited',
    body: html`<p class="path"><a href="${PATHS.groups(where)}">Dead letters</a> / edit</p>
<h1>${plural(changed, 'dead letter')} changed</h1>
${stopped === 'canary' && html`<div class="notices"><p class="notice bad" role="alert">A replay would deliver none of the canary, so the others were not changed. The audit trail keeps the originals.</p></div>`}
${list([...why, ...places])}
${canary !== null && html`<p>Canary, mapped again: ${outcomeWords(canary)}.</p>`}
${changed > 0 && html`<p>A replay now: ${outcomeWords(after)}.</p>`}
<p class="links">${after.delivered > 0 && html`<a class="button primary" href="${PATHS.newReplay(where)}">Plan a replay</a>`}<a href="${PATHS.audit}">Audit</a></p>`,
  };
}
