import { formatAge, plural } from '#core/text/format.ts';
import { type PixelReading, unbalanced } from '#store/status/fleet.ts';
import { type Html, html } from '../html.ts';
import type { Overview } from '../readings/overview.ts';
import { sentence } from './lanes.ts';

/** What a person has to know first, and where it is mended. */
export function verdict(overview: Overview): Html {
  const { fleet, expiringSoon, heldBack, kafka, now } = overview;
  const halted = fleet.pixels.filter(
    ({ configured, lane }) => configured && lane.state !== 'active',
  );
  const notices = [
    ...(kafka.ok === false
      ? [notice('bad', html`Kafka does not answer: nothing new comes in.`)]
      : []),
    ...heldBack.map((why) => notice('warn', html`Kafka is held back: ${why}.`)),
    ...halted.map((pixel) => haltNotice(pixel, now)),
    ...unbalanced(fleet).map(([pixelId, by]) =>
      notice('bad', html`The ledger of ${pixelId} is out of balance by ${by}.`),
    ),
    ...(expiringSoon > 0
      ? [
          notice(
            'bad',
            html`${plural(expiringSoon, 'dead letter')} can be replayed for less than 24 hours. <a href="/dead-letters?where=${encodeURIComponent('expires:<24h')}">Which</a>`,
          ),
        ]
      : []),
  ];
  if (notices.length > 0) return html`<div class="notices">${notices}</div>`;
  return html`<div class="notices">${notice('good', html`Events flow, and each that was consumed is accounted for.`)}</div>`;
}

function notice(kind: 'good' | 'warn' | 'bad', words: Html): Html {
  return html`<p class="notice ${kind}">${words}</p>`;
}

function haltNotice({ pixelId, lane, ledger }: PixelReading, now: number): Html {
  const left = lane.until === null ? 0 : lane.until - now;
  const probe = left > 0 ? ` It is probed in ${formatAge(left)}.` : ' It is being probed.';
  const waiting = ledger.queued === 0 ? '' : ` ${plural(ledger.queued, 'event')} wait.`;
  const why = lane.why === null ? '' : ` (${sentence(lane.why)})`;
  const kind = lane.state === 'throttled' ? 'warn' : 'bad';
  return notice(kind, html`Pixel ${pixelId} is ${HALTED[lane.state]}${why}.${waiting}${probe}`);
}

const HALTED: Readonly<Record<PixelReading['lane']['state'], string>> = {
  active: 'active',
  throttled: 'throttled by Meta',
  blocked: 'blocked by Meta',
  failing: 'failing',
};
