import { formatCount, formatEta } from '#core/text/format.ts';
import { gone } from '#store/dead-letters/replay/counts.ts';
import { inFlight } from '#store/dead-letters/replay/safety-limits.ts';
import type { Replay } from '#store/dead-letters/replay/state.ts';
import { type Html, html } from '../html.ts';

/** How far a replay has come, how fast, and how long it still takes at that pace. */
export function progressBar(replay: Replay): Html {
  const { spec, tally, delivered, died, state } = replay;
  const done = Math.min(gone(tally), spec.planned);
  const share = spec.planned === 0 ? 1 : done / spec.planned;
  const words = [
    `${Math.floor(share * 100)} %`,
    `${formatCount(done)} of ${formatCount(spec.planned)}`,
    `delivered ${formatCount(delivered)}`,
    ...(died > 0 ? [`died again ${formatCount(died)}`] : []),
    ...(inFlight(replay) > 0 ? [`${formatCount(inFlight(replay))} wait for an answer`] : []),
    ...(state === 'running' ? pace(replay, done) : []),
  ];
  return html`<div class="progress"><progress max="${spec.planned}" value="${done}" aria-label="Gone through">${formatCount(done)}</progress><p class="figures-line">${words.map((each) => html`<span>${each}</span>`)}</p></div>`;
}

/** Too young a replay says nothing about its pace. */
const YOUNGEST_MS = 1000;

function pace({ spec, updatedAt }: Replay, done: number): string[] {
  const ms = updatedAt - spec.startedAt;
  if (done === 0) return ['waits for its first step'];
  if (ms < YOUNGEST_MS || done >= spec.planned) return [];
  const rate = (done * 1000) / ms;
  return [`${formatCount(rate)} a second`, `${formatEta((spec.planned - done) / rate)} left`];
}
