import { occurring, ofFleet, orNone, rate, totalIncrease } from '../expressions.ts';
import { type Signal, worseFrom } from '../signal.ts';

const HELD = ofFleet('deadLettersHeld', ['pixel', 'reason']);
const EXPIRING = ofFleet('deadLettersExpiring', ['pixel', 'within']);
const DELIVERED = totalIncrease('workerEvents', [], { outcome: 'delivered' });

/** What died, why, and how long there is to bring it back. */
export const DEAD_LETTERS = {
  written: {
    title: 'Dead letters by reason',
    description:
      'Dead letters a second. invalid and missing: fix the source. rejected_by_meta: read the message of Meta in the dead letter. out_of_retries: replay.',
    unit: 'eps',
    queries: [{ expression: occurring('deadLetters', 'reason'), legend: '{{reason}}' }],
    min: 0,
  },
  writtenByStage: {
    title: 'Dead letters by stage',
    description:
      'Dead letters a second, at ingest (the source sent what cannot be used) and at the worker (Meta refused, or retries ran out).',
    unit: 'eps',
    colours: { ingest: 'orange', worker: 'red' },
    queries: [{ expression: rate('deadLetters', ['stage']), legend: '{{stage}}' }],
    min: 0,
  },
  writtenTotal: {
    title: 'New dead letters',
    description:
      'Dead letters written in the time shown. A jump: the table by reason shows which cause to fix; then replay them.',
    unit: 'locale',
    decimals: 0,
    queries: [{ expression: totalIncrease('deadLetters'), legend: 'written' }],
    limits: worseFrom(1, 1000),
  },
  deadShare: {
    title: 'Dead share',
    description:
      'Of all events that ended in the time shown, at ingest or at the worker, the share that became dead letters. Rising: fix the most frequent reason first.',
    unit: 'percentunit',
    decimals: 2,
    queries: [
      {
        expression: `${totalIncrease('deadLetters')} / (${totalIncrease('deadLetters')} + ${DELIVERED})`,
        legend: 'dead',
      },
    ],
    limits: worseFrom(0.001, 0.01),
    min: 0,
  },
  heldByReason: {
    title: 'Held by reason',
    description:
      'Dead letters in Redis by reason. `capi-relay dead-letters summary` groups them further, with the words of Meta and when they expire.',
    unit: 'locale',
    queries: [
      {
        expression: orNone('reason', `sort_desc(sum by (reason) (${HELD}) > 0)`),
        legend: '{{reason}}',
      },
    ],
    min: 0,
  },
  heldByPixel: {
    title: 'Held by pixel',
    description:
      'Dead letters in Redis by pixel; "none" where no pixel could be told. One pixel alone: its settings or its source. All: something common.',
    unit: 'locale',
    queries: [{ expression: `sort_desc(sum by (pixel) (${HELD}))`, legend: '{{pixel}}' }],
    min: 0,
  },
  expiring: {
    title: 'Time to the horizon',
    description:
      'Dead letters by how long they can still be sent, and those that no longer can. Within 24h: fix and replay today, or they are lost.',
    unit: 'short',
    colours: { '24h': 'red', '72h': 'orange', '168h': 'blue', expired: 'text' },
    queries: [{ expression: `sum by (within) (${EXPIRING})`, legend: '{{within}}' }],
    min: 0,
  },
  replayed: {
    title: 'Replayed',
    description:
      'Events of replays a second: delivered, or dead again. Many dead: the cause is not fixed, and the replay stops by itself.',
    unit: 'eps',
    colours: { delivered: 'green', dead: 'red' },
    queries: [{ expression: rate('replayEvents', ['outcome']), legend: '{{outcome}}' }],
    min: 0,
  },
  published: {
    title: 'Published',
    description:
      'Dead letters a second that the topic of dead letters took. Left out: their event does not open, or is larger than the topic takes; raise max.message.bytes.',
    unit: 'eps',
    colours: { sealed: 'green', left_out: 'orange' },
    queries: [{ expression: rate('deadLettersPublished', ['event']), legend: '{{event}}' }],
    min: 0,
  },
  unpublished: {
    title: 'Not published yet',
    description:
      'Pages of dead letters that are not in their topic yet. For longer than some seconds: the panel beside it says why.',
    unit: 'short',
    queries: [{ expression: ofFleet('deadLettersUnpublished', []), legend: 'pages' }],
    min: 0,
  },
  publishFailures: {
    title: 'Cannot be published',
    description:
      'Failures a second by reason. no_topic: create it, or correct deadLetters.topic. not_allowed: allow writing. The log names the fix.',
    unit: 'cps',
    queries: [
      { expression: occurring('deadLetterPublishFailures', 'reason'), legend: '{{reason}}' },
    ],
    min: 0,
  },
  replaying: {
    title: 'A replay is at work',
    description:
      '1 while a replay or a purge is at work. For long: `capi-relay replay status` says how far it is and whether it waits.',
    unit: 'short',
    queries: [{ expression: ofFleet('replayActive', []), legend: 'at work' }],
    min: 0,
  },
  heldOverTime: {
    title: 'Held over time',
    description:
      'Dead letters in Redis, by pixel. A line that never falls: they are neither replayed nor purged, and in time they pass the horizon.',
    unit: 'short',
    queries: [{ expression: `sum by (pixel) (${HELD})`, legend: '{{pixel}}' }],
    min: 0,
  },
} satisfies Record<string, Signal>;
