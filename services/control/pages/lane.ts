import { type Halt, haltWords, type Pause } from '#core/delivery/halt.ts';
import { endsSoon, parkedWords, retentionWords } from '#core/delivery/parked.ts';
import { pixelLabel } from '#core/pixel-names.ts';
import { formatAge, plural, sentence } from '#core/text/format.ts';
import type { LaneAction } from '#store/delivery/lane-changes.ts';
import type { PixelStatus } from '#store/status/fleet.ts';
import { type Html, html, type Part } from '../html.ts';
import type { Page, Visit } from '../layout.ts';
import {
  ago,
  commandLine,
  countCell,
  factList,
  pixelOf,
  reasonField,
  timestamp,
  tokenField,
} from './elements.ts';
import { COMMANDS, PATHS } from './links.ts';

const BUTTONS = {
  pause: ['Pause', 'No worker sends for the pixel until it is resumed. Its events wait.'],
  resume: [
    'Resume',
    'The events that wait are sent. A lane that was halted before is probed first.',
  ],
  probe: [
    'Probe',
    'The next request is a small one, at once. It decides whether the lane is active.',
  ],
} as const satisfies Record<LaneAction, unknown>;

const REFRESH_S = 5;

/** The lane of one pixel: why it is halted, what waits in it, and what a person can do about it. */
export function lanePage(pixel: PixelStatus, visit: Visit): Page {
  const { pixelId } = pixel;
  const actions = offered(pixel, visit.now);
  return {
    title: `Lane of ${pixelLabel(pixel)}`,
    refreshS: REFRESH_S,
    hasForm: true,
    body: html`<p class="path"><a href="${PATHS.lanes()}">Lanes</a> / <span class="id">${pixelId}</span></p>
<h1>Lane of ${pixelOf(pixelId, visit.names)}</h1>
<p class="lead">${leadOf(pixel, visit.now)}</p>
${factList(factsOf(pixel, visit.now))}
${visit.mayAct && actions.length > 0 && form(pixelId, actions, visit)}
<p class="links"><a href="${PATHS.groups(`pixel:${pixelId}`)}">Its dead letters</a></p>
${commandLine(COMMANDS.lane(pixelId))}${actions.map((action) => commandLine(COMMANDS.onLane(action, pixelId)))}`,
  };
}

/** What the overview says of a paused lane. */
export function pausedWords(
  pixel: PixelStatus,
  lane: Pick<Halt, 'state' | 'why'>,
  waiting: string,
): Html {
  const resume = html`<a href="${PATHS.lane(pixel.pixelId)}">Resume it</a>`;
  return html`Pixel ${pixelLabel(pixel)} is ${haltWords(lane)}.${waiting} ${resume}`;
}

/** What the overview says of events that stay in Kafka, and whether a person has to act today. */
export function parkedText(
  { parked, ...pixel }: PixelStatus,
  now: number,
): { readonly isUrgent: boolean; readonly words: Html } | null {
  if (parked === null) return null;
  const lane = html`<a href="${PATHS.lane(pixel.pixelId)}">${pixelLabel(pixel)}</a>`;
  const words = html`Pixel ${lane} has ${parkedWords(parked, now)}.`;
  return { isUrgent: endsSoon(parked, now), words };
}

function leadOf({ configured, lane }: PixelStatus, now: number): string {
  if (lane.state === 'paused') return `The lane is ${haltWords(lane)}.`;
  if (!configured) return 'The pixel is not configured: no worker sends for it.';
  if (lane.state === 'active') return 'The lane is active: its events are sent.';
  const left = lane.until === null ? 0 : lane.until - now;
  const probed = left > 0 ? `It is probed in ${formatAge(left)}` : 'It is being probed';
  return `The lane is ${haltWords(lane)}. ${probed}.`;
}

function factsOf(pixel: PixelStatus, now: number): (readonly [name: string, value: Part])[] {
  const { lane, ledger, waiting, active, delayed, oldestAt } = pixel;
  const pause = 'pause' in lane ? lane.pause : undefined;
  return [
    ...(pause === undefined ? [] : pauseFacts(pause)),
    ['Events in flight', countCell(ledger.queued)],
    [
      'Envelopes',
      html`${countCell(waiting)} waiting, ${countCell(active)} active, ${countCell(delayed)} delayed`,
    ],
    ['Oldest waiting', oldestAt === null ? '–' : ago(oldestAt, now)],
    ...parkedFacts(pixel.parked, now),
    ...unreadableFacts(pixel.unreadable),
  ];
}

function parkedFacts(
  parked: PixelStatus['parked'],
  now: number,
): (readonly [name: string, value: Part])[] {
  if (parked === null) return [];
  const { events, since, keptUntil } = parked;
  return [
    ['Parked in Kafka', html`${countCell(events)}, the first ${ago(since, now)}`],
    ['Kept by Kafka', sentence(retentionWords(keptUntil, now))],
  ];
}

function unreadableFacts({
  envelopes,
  reasons,
}: PixelStatus['unreadable']): (readonly [name: string, value: Part])[] {
  if (envelopes === 0) return [];
  return [['Cannot be opened', html`${plural(envelopes, 'envelope')}: ${reasons.join('; ')}`]];
}

function pauseFacts({ by, at, reason }: Pause): (readonly [name: string, value: Part])[] {
  return [
    ['Paused by', by],
    ['Since', timestamp(at)],
    ['Reason', reason ?? 'none given'],
  ];
}

/** What can be done to the lane as it is now. */
function offered({ configured, lane }: PixelStatus, now: number): readonly LaneAction[] {
  if (lane.state === 'paused') return ['resume'];
  if (!configured) return [];
  if (lane.until === null || lane.until <= now) return ['pause'];
  return ['probe', 'pause'];
}

function form(pixelId: string, actions: readonly LaneAction[], visit: Visit): Html {
  const buttons = actions.map((action) => {
    const [name, words] = BUTTONS[action];
    return html`<p><button type="submit" formaction="${PATHS.lane(pixelId)}/${action}">${name}</button> <span class="hint">${words}</span></p>`;
  });
  const [first = 'pause'] = actions;
  return html`<section class="card" aria-labelledby="change"><h2 id="change">Change the lane</h2>
<form method="post" action="${PATHS.lane(pixelId)}/${first}">${tokenField(visit)}
${reasonField('wrong prices, ticket 4711')}
${buttons}</form></section>`;
}
