import { formatCount } from '#core/text/format.ts';
import type { Replay } from '#store/dead-letters/replay/state.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import { actionForm } from './action-form.ts';
import { COMMANDS, commandLine } from './commands.ts';
import { ago, moment } from './figures.ts';
import { judgedAnew, leftAlone } from './outcomes.ts';
import { PATHS } from './paths.ts';
import { progressBar } from './replay-progress.ts';
import { replayState } from './replays.ts';

const REFRESH_S = 2;

/** One replay: how far it has come, what became of what it put back, and who wanted it and why. */
export function replayPage(replay: Replay, visit: Visit): Page {
  const { spec, state, why, tally } = replay;
  const isOver = state === 'finished' || state === 'cancelled';
  return {
    title: `Replay ${spec.id}`,
    ...(isOver ? {} : { refreshS: REFRESH_S }),
    body: html`<p class="path"><a href="${PATHS.replays}">Replays</a> / <span class="id">${spec.id}</span></p>
<h1>${spec.where === '' ? 'Replay of all dead letters' : html`Replay of <code>${spec.where}</code>`}</h1>
<p class="lead">${replayState(state)}${why !== null && html` ${why}`}</p>
${progressBar(replay)}
${judgedAnew(tally)}${leftAlone(tally)}
${visit.mayAct && controls(replay, visit)}
<section aria-labelledby="facts"><h2 id="facts">What was asked for</h2>${facts(replay, visit.now)}</section>
${commandLine(COMMANDS.onReplay('status', spec.id))}`,
  };
}

function controls({ spec: { id }, state }: Replay, visit: Visit): Html {
  const path = PATHS.replay(id);
  const forms = {
    pause: actionForm(`${path}/pause`, visit, 'Pause', COMMANDS.onReplay('pause', id)),
    resume: actionForm(`${path}/resume`, visit, 'Resume', COMMANDS.onReplay('resume', id)),
    cancel: actionForm(`${path}/cancel`, visit, 'Cancel', COMMANDS.onReplay('cancel', id)),
  };
  const offered: Part[] = {
    running: [forms.pause, forms.cancel],
    paused: [forms.resume, forms.cancel],
    stopped: [forms.resume, forms.cancel],
    cancelled: [],
    finished: [],
  }[state];
  return html`<div class="actions">${offered}</div>`;
}

function facts({ spec, updatedAt }: Replay, now: number): Html {
  const { by, reason, startedAt, planned, rate, max, canary, stopAbove } = spec;
  const rows: readonly [string, Part][] = [
    ['Who', by],
    ['Why', reason ?? 'not said'],
    ['Began', moment(startedAt)],
    ['Last step', ago(updatedAt, now)],
    ['Planned', formatCount(planned)],
    ['Rate', rate === null ? 'as fast as they are answered' : `${formatCount(rate)} a second`],
    ['At most', max === null ? 'all' : formatCount(max)],
    ['Canary', canary === 0 ? 'none' : formatCount(canary)],
    ['Stops above', `${Number((stopAbove * 100).toFixed(2))} % that die again`],
    ...(spec.includeUnknown
      ? [['Also', 'what Meta may have taken already'] as [string, Part]]
      : []),
    ...(spec.forceLoop ? [['Also', 'what was replayed 3 times or more'] as [string, Part]] : []),
  ];
  return html`<dl class="facts-list">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
