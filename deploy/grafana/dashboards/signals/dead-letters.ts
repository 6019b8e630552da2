import { occurring, ofFleet, orNone, rate, totalIncrease } from '../expressions.ts';
import { goodAtZero, type Signal, type TableSignal, worseFrom } from '../signal.ts';

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
    queries: { '{{reason}}': occurring('deadLetters', 'reason') },
  },
  writtenByStage: {
    title: 'Dead letters by stage',
    description:
      'Dead letters a second, at ingest (the source sent what cannot be used) and at the worker (Meta refused, or retries ran out).',
    unit: 'eps',
    colours: { ingest: 'orange', worker: 'red' },
    queries: { '{{stage}}': rate('deadLetters', ['stage']) },
  },
  writtenTotal: {
    title: 'New dead letters',
    description:
      'Dead letters written in the time shown. A jump: the table by reason shows which cause to fix; then replay them.',
    unit: 'locale',
    decimals: 0,
    queries: { written: totalIncrease('deadLetters') },
    limits: worseFrom(1, 1000),
  },
  deadShare: {
    title: 'Dead share',
    description:
      'Of all events that ended in the time shown, at ingest or at the worker, the share that became dead letters. Rising: fix the most frequent reason first.',
    unit: 'percentunit',
    decimals: 2,
    queries: {
      dead: `${totalIncrease('deadLetters')} / (${totalIncrease('deadLetters')} + ${DELIVERED})`,
    },
    limits: worseFrom(0.001, 0.01),
    min: 0,
  },
  heldByReason: {
    title: 'Held by reason',
    description:
      'Dead letters in Redis by reason. `capi-relay dead-letters summary` groups them further, with the words of Meta and when they expire.',
    unit: 'locale',
    queries: { '{{reason}}': orNone('reason', `sort_desc(sum by (reason) (${HELD}) > 0)`) },
  },
  heldByPixel: {
    title: 'Held by pixel',
    description:
      'Dead letters in Redis by pixel; "none" where no pixel could be told. One pixel alone: its settings or its source. All: something common.',
    unit: 'locale',
    queries: { '{{pixel}}': `sort_desc(sum by (pixel) (${HELD}))` },
  },
  expiring: {
    title: 'Time to the horizon',
    description:
      'Dead letters by how long they can still be sent, and those that no longer can. Within 24h: fix and replay today, or they are lost.',
    unit: 'short',
    colours: { '24h': 'red', '72h': 'orange', '168h': 'blue', expired: 'text' },
    queries: { '{{within}}': `sum by (within) (${EXPIRING})` },
  },
  expiringSoon: {
    title: 'Lost in 24 h',
    description:
      'Dead letters that Meta accepts for less than 24 hours more. Above 0: fix their cause and replay them today, the oldest first.',
    unit: 'locale',
    decimals: 0,
    queries: { soon: `sum(${ofFleet('deadLettersExpiring', ['pixel'], { within: '24h' })})` },
    limits: goodAtZero(),
  },
  replayed: {
    title: 'Replayed',
    description:
      'Events of replays a second: delivered, or dead again. Many dead: the cause is not fixed, and the replay stops by itself.',
    unit: 'eps',
    colours: { delivered: 'green', dead: 'red' },
    queries: { '{{outcome}}': rate('replayEvents', ['outcome']) },
  },
  published: {
    title: 'Published',
    description:
      'Dead letters a second that the topic of dead letters took. Left out: their event does not open, or is larger than the topic takes; raise max.message.bytes.',
    unit: 'eps',
    colours: { sealed: 'green', left_out: 'orange' },
    queries: { '{{event}}': rate('deadLettersPublished', ['event']) },
  },
  unpublished: {
    title: 'Not published yet',
    description:
      'Pages of dead letters that are not in their topic yet. For longer than some seconds: the panel beside it says why.',
    unit: 'short',
    queries: { pages: ofFleet('deadLettersUnpublished', []) },
  },
  publishFailures: {
    title: 'Cannot be published',
    description:
      'Failures a second by reason. no_topic: create it, or correct deadLetters.topic. not_allowed: allow writing. The log names the fix.',
    unit: 'cps',
    queries: { '{{reason}}': occurring('deadLetterPublishFailures', 'reason') },
  },
  replaying: {
    title: 'A replay is at work',
    description:
      '1 while a replay or a purge is at work. For long: `capi-relay replay status` says how far it is and whether it waits.',
    unit: 'short',
    queries: { 'at work': ofFleet('replayActive', []) },
  },
  heldOverTime: {
    title: 'Held over time',
    description:
      'Dead letters in Redis, by pixel. A line that never falls: they are neither replayed nor purged, and in time they pass the horizon.',
    unit: 'short',
    queries: { '{{pixel}}': `sum by (pixel) (${HELD})` },
  },
} satisfies Record<string, Signal>;

/** Every reason in a line. */
export const REASONS: TableSignal = {
  title: 'By reason',
  description:
    'Fix the most frequent reason first: `capi-relay dead-letters summary` shows the message of each, `capi-relay replay` sends them again.',
  row: { label: 'reason', title: 'Reason' },
  sortBy: 'Held now',
  columns: [
    {
      title: 'Held now',
      expression: `sum by (reason) (${ofFleet('deadLettersHeld', ['pixel', 'reason'])})`,
      unit: 'locale',
      decimals: 0,
      limits: worseFrom(1, 1000),
    },
    {
      title: 'New at ingest',
      expression: totalIncrease('deadLetters', ['reason'], { stage: 'ingest' }),
      unit: 'locale',
      decimals: 0,
    },
    {
      title: 'New at worker',
      expression: totalIncrease('deadLetters', ['reason'], { stage: 'worker' }),
      unit: 'locale',
      decimals: 0,
    },
  ],
};

/** What neither arrives nor dies as usual. */
export const STUCK = {
  closed: {
    title: 'Cannot be opened',
    description:
      'Envelopes in the queue that no worker could open. Above 0: a sealing key is missing in the configuration, or they are damaged. They stay.',
    unit: 'locale',
    decimals: 0,
    queries: { closed: `sum(${ofFleet('queueUnreadable', ['pixel'])})` },
    limits: goodAtZero(),
  },
  orphans: {
    title: 'Envelopes only in part',
    description:
      'Envelopes a second that were in Redis only in part, and were set right. lost: their events are gone; the log names them. Others: nothing is missing.',
    unit: 'cps',
    rare: true,
    queries: { '{{kind}}': rate('queueOrphans', ['kind']) },
  },
  suspects: {
    title: 'Envelopes that ended workers',
    description:
      'Envelopes a second that are processed alone, because workers vanished while they held them. quarantine: keep the log of the worker, and report it.',
    unit: 'cps',
    rare: true,
    queries: { '{{action}}': rate('workerPoison', ['action']) },
  },
  separated: {
    title: 'Events sent apart',
    description:
      'Events a second that look like what Meta refused before, and so do not go with their batch. For long: fix what the dead letters of rejected_by_meta report.',
    unit: 'eps',
    rare: true,
    queries: { '{{pixel}}': rate('workerSeparated', ['pixel']) },
  },
} satisfies Record<string, Signal>;
