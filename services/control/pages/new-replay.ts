import { formatCount, plural } from '#core/text/format.ts';
import type { Plan } from '#store/dead-letters/replay/counts.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import type { ReplayRequest } from '../readings/replay-request.ts';
import { tokenField } from './action-form.ts';
import { COMMANDS, commandLine } from './commands.ts';
import { leftAlone } from './outcomes.ts';
import { PATHS } from './paths.ts';

/** Planning a replay: what is asked for, and what would become of it. */
export interface NewReplay {
  readonly request: ReplayRequest;
  /** What is wrong with what was asked for, or why it cannot begin. */
  readonly problem: string | null;
  /** Null until something right was asked for. */
  readonly plan: Plan | null;
}

export function newReplayPage({ request, problem, plan }: NewReplay, visit: Visit): Page {
  return {
    title: 'Plan a replay',
    body: html`<p class="path"><a href="${PATHS.replays}">Replays</a> / new</p>
<h1>Plan a replay</h1>
<p class="lead">Say which dead letters, look at the plan, then confirm. Nothing happens before that.</p>
${problem !== null && html`<div class="notices"><p class="notice bad" role="alert">${problem}</p></div>`}
${askForm(request)}
${plan !== null && planned(plan, request, visit)}`,
  };
}

function askForm(request: ReplayRequest): Html {
  const { where, rate, max, canary, stopPercent, includeUnknown, forceLoop, all } = request;
  return html`<form class="plan" method="get" action="/replays/new">
<p class="field wide-field"><label for="where">Which</label><input id="where" name="where" value="${where}" spellcheck="false" autocomplete="off" placeholder="reason:missing_value since:12h"></p>
<p class="check"><input type="checkbox" id="all" name="all" value="yes"${all && html` checked`}><label for="all">All of them, where no filter is given</label></p>
${field('rate', 'Rate: so many a second', rate, 'unlimited')}
${field('max', 'At most so many', max, 'all')}
${field('canary', 'Canary: so many go first', canary, '')}
${field('stop', 'Stop above, % that die again', stopPercent, '')}
<p class="check"><input type="checkbox" id="unknown" name="unknown" value="yes"${includeUnknown && html` checked`}><label for="unknown">Also what Meta may have taken more than 48 hours ago: it could count twice</label></p>
<p class="check"><input type="checkbox" id="loop" name="loop" value="yes"${forceLoop && html` checked`}><label for="loop">Also what was replayed 3 times or more</label></p>
<p><button type="submit">Make the plan</button></p>
</form>`;
}

function field(name: string, label: string, value: string, placeholder: string): Html {
  return html`<p class="field"><label for="${name}">${label}</label><input id="${name}" name="${name}" value="${value}" inputmode="decimal" size="8" placeholder="${placeholder}"></p>`;
}

function planned(plan: Plan, request: ReplayRequest, visit: Visit): Html {
  const { events, mapped, tally } = plan;
  const anew =
    mapped > 0 &&
    html`<li><span class="n">${formatCount(mapped)}</span> of them are mapped with today's settings</li>`;
  return html`<section class="card" aria-labelledby="plan"><h2 id="plan">The plan</h2>
<p class="big"><strong>${formatCount(events)}</strong> of ${plural(tally.matched, 'dead letter')} would be put back${time(events, request.rate)}.</p>
${anew !== false && html`<ul class="tally">${anew}</ul>`}${leftAlone(tally)}
${events > 0 && confirmForm(events, request, visit)}
${commandLine(COMMANDS.replay(request.where, request.flags))}</section>`;
}

function time(events: number, rate: string): Part {
  const seconds = events / Number(rate);
  return (
    rate !== '' && Number.isFinite(seconds) && ` in about ${plural(Math.ceil(seconds), 'second')}`
  );
}

function confirmForm(events: number, request: ReplayRequest, visit: Visit): Html {
  const fields = Object.entries(request.fields).filter(([, value]) => value !== '');
  return html`<form method="post" action="${PATHS.replays}">${tokenField(visit)}
${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<p class="field wide-field"><label for="reason">Why, for the audit trail</label><input id="reason" name="reason" maxlength="200" autocomplete="off" placeholder="token renewed, ticket 4711"></p>
<p><button class="primary" type="submit">Replay ${plural(events, 'dead letter')}</button></p></form>`;
}
