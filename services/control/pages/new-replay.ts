import { formatCount, plural } from '#core/text/format.ts';
import type { ReplayPlan } from '#store/dead-letters/replay/counts.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import type { ReplayRequest } from '../routes/replay-request.ts';
import { commandLine, reasonField, tokenField } from './elements.ts';
import { COMMANDS, PATHS } from './links.ts';
import { leftAlone } from './replay.ts';

/** The planning of a replay: the request, and its expected result. */
interface ReplayPlanning {
  readonly request: ReplayRequest;
  /** What is wrong with the request, or why the replay cannot start. */
  readonly problem: string | null;
  /** Null without a valid request. */
  readonly plan: ReplayPlan | null;
}

export function newReplayPage({ request, problem, plan }: ReplayPlanning, visit: Visit): Page {
  return {
    title: 'Plan a replay',
    body: html`<p class="path"><a href="${PATHS.replays}">Replays</a> / new</p>
<h1>Plan a replay</h1>
<p class="lead">Select dead letters, review the plan, then confirm. Nothing is replayed before you confirm.</p>
${problem !== null && html`<div class="notices"><p class="notice bad" role="alert">${problem}</p></div>`}
${requestForm(request)}
${plan !== null && planSection(plan, request, visit)}
${commandLine(COMMANDS.replay(request.where, request.flags))}`,
  };
}

function requestForm(request: ReplayRequest): Html {
  const { where, rate, max, canary, stopPercent, includeUnknown, forceLoop, all } = request;
  return html`<form class="plan" method="get" action="/replays/new">
<p class="field wide-field"><label for="where">Filter</label><input id="where" name="where" value="${where}" spellcheck="false" autocomplete="off" placeholder="reason:missing_value since:12h"></p>
<p class="check"><input type="checkbox" id="all" name="all" value="yes"${all && html` checked`}><label for="all">All dead letters, if there is no filter</label></p>
${field('rate', 'Rate, events per second', rate, 'unlimited')}
${field('max', 'Maximum number', max, 'all')}
${field('canary', 'Canary, events that go first', canary, '')}
${field('stop', 'Failure limit, %', stopPercent, '')}
<p class="check"><input type="checkbox" id="unknown" name="unknown" value="yes"${includeUnknown && html` checked`}><label for="unknown">Include events that Meta may have received more than 48 hours ago. They could count twice.</label></p>
<p class="check"><input type="checkbox" id="loop" name="loop" value="yes"${forceLoop && html` checked`}><label for="loop">Include events that were replayed 3 times or more</label></p>
<p><button type="submit">Show the plan</button></p>
</form>`;
}

function field(name: string, label: string, value: string, placeholder: string): Html {
  return html`<p class="field"><label for="${name}">${label}</label><input id="${name}" name="${name}" value="${value}" inputmode="decimal" size="8" placeholder="${placeholder}"></p>`;
}

function planSection(plan: ReplayPlan, request: ReplayRequest, visit: Visit): Html {
  const { events, mapped, counts } = plan;
  return html`<section class="card" aria-labelledby="plan"><h2 id="plan">The plan</h2>
<p class="big"><strong>${formatCount(events)}</strong> of ${plural(counts.matched, 'dead letter')} would be put back${time(events, request.rate)}.</p>
${mapped > 0 && html`<ul class="counts"><li><span class="n">${formatCount(mapped)}</span> of them are mapped with the current configuration, which may refuse them again</li></ul>`}${leftAlone(counts)}
${events > 0 && confirmForm(events, request, visit)}</section>`;
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
${reasonField('token renewed, ticket 4711')}
<p><button class="primary" type="submit">Replay ${plural(events, 'dead letter')}</button></p></form>`;
}
