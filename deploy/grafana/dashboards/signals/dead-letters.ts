import type { DeadLetterStage } from '#core/dead-letter/dead-letter.ts';
import { occurring, ofFleet, orNone, rate, totalIncrease } from '../expressions.ts';
import { goodAtZero, signal, type TableSignal } from '../signal.ts';

const HELD = ofFleet('deadLettersHeld', ['pixel', 'reason']);
const EXPIRING = ofFleet('deadLettersExpiring', ['pixel', 'within']);
const DELIVERED = totalIncrease('workerEvents', [], { outcome: 'delivered' });

/** What died, why, and how long there is to bring it back. */
export const DEAD_LETTERS = {
  written: signal(
    'Dead letters by reason',
    'Dead letters a second. invalid and missing: fix the source. rejected_by_meta: read the message of Meta in the dead letter. out_of_retries: replay.',
    'eps',
    { '{{reason}}': occurring('deadLetters', 'reason') },
  ),
  writtenByStage: signal(
    'Dead letters by stage',
    'Dead letters a second, at ingest (the source sent what cannot be used) and at the worker (Meta refused, or retries ran out).',
    'eps',
    { '{{stage}}': rate('deadLetters', ['stage']) },
    { colours: { ingest: 'orange', worker: 'red' } },
  ),
  writtenTotal: signal(
    'New dead letters',
    'Dead letters written in the time shown. A jump: the table by reason shows which cause to fix; then replay them.',
    'locale',
    { written: totalIncrease('deadLetters') },
    { decimals: 0 },
  ),
  deadShare: signal(
    'Dead share',
    'Of all events that ended in the time shown, at ingest or at the worker, the share that became dead letters. Rising: fix the most frequent reason first.',
    'percentunit',
    { dead: `${totalIncrease('deadLetters')} / (${totalIncrease('deadLetters')} + ${DELIVERED})` },
    { decimals: 2, min: 0 },
  ),
  heldByReason: signal(
    'Held by reason',
    'Dead letters in Redis by reason. `capi-relay dead-letters summary` groups them further, with the words of Meta and when they expire.',
    'locale',
    { '{{reason}}': orNone('reason', `sort_desc(sum by (reason) (${HELD}) > 0)`) },
  ),
  heldByPixel: signal(
    'Held by pixel',
    'Dead letters in Redis by pixel; "none" where no pixel could be told. One pixel alone: its settings or its source. All: something common.',
    'locale',
    { '{{pixel}}': `sort_desc(sum by (pixel) (${HELD}))` },
  ),
  expiring: signal(
    'Time to the horizon',
    'Dead letters by how long they can still be sent, and those that no longer can. Within 24h: fix and replay today, or they are lost.',
    'short',
    { '{{within}}': `sum by (within) (${EXPIRING})` },
    { colours: { '24h': 'red', '72h': 'orange', '168h': 'blue', expired: 'text' } },
  ),
  expiringSoon: signal(
    'Lost in 24 h',
    'Dead letters that Meta accepts for less than 24 hours more. Above 0: fix their cause and replay them today, the oldest first.',
    'locale',
    { soon: `sum(${ofFleet('deadLettersExpiring', ['pixel'], { within: '24h' })})` },
    { decimals: 0, alert: 'CapiDeadLettersExpiring', limits: goodAtZero('orange') },
  ),
  replayed: signal(
    'Replayed',
    'Events of replays a second: delivered, or dead again. Many dead: the cause is not fixed, and the replay stops by itself.',
    'eps',
    { '{{outcome}}': rate('replayEvents', ['outcome']) },
    { colours: { delivered: 'green', dead: 'red' } },
  ),
  published: signal(
    'Published',
    'Dead letters a second that the topic of dead letters took. Left out: their event does not open, or is larger than the topic takes; raise max.message.bytes.',
    'eps',
    { '{{event}}': rate('deadLettersPublished', ['event']) },
    { colours: { sealed: 'green', left_out: 'orange' } },
  ),
  unpublished: signal(
    'Not published yet',
    'Pages of dead letters that are not in their topic yet. For longer than some seconds: the panel beside it says why.',
    'short',
    { pages: ofFleet('deadLettersUnpublished', []) },
  ),
  publishFailures: signal(
    'Cannot be published',
    'Failures a second by reason. no_topic: create it, or correct deadLetters.topic. not_allowed: allow writing. The log names the fix.',
    'cps',
    { '{{reason}}': occurring('deadLetterPublishFailures', 'reason') },
  ),
  replaying: signal(
    'A replay is at work',
    '1 while a replay or a purge is at work. For long: `capi-relay replay status` says how far it is and whether it waits.',
    'short',
    { 'at work': ofFleet('replayActive', []) },
  ),
  heldOverTime: signal(
    'Held over time',
    'Dead letters in Redis, by pixel. A line that never falls: they are neither replayed nor purged, and in time they pass the horizon.',
    'short',
    { '{{pixel}}': `sum by (pixel) (${HELD})` },
  ),
};

const COUNT = { unit: 'locale', decimals: 0 };
const HELD_BY_REASON = `sum by (reason) (${HELD})`;

function newAt(stage: DeadLetterStage): string {
  return totalIncrease('deadLetters', ['reason'], { stage });
}

/** Every reason in a line. */
export const REASONS: TableSignal = {
  title: 'By reason',
  description:
    'Fix the most frequent reason first: `capi-relay dead-letters summary` shows the message of each, `capi-relay replay` sends them again.',
  row: { label: 'reason', title: 'Reason' },
  sortBy: 'Held now',
  columns: [
    { ...COUNT, title: 'Held now', expression: HELD_BY_REASON },
    { ...COUNT, title: 'New at ingest', expression: newAt('ingest') },
    { ...COUNT, title: 'New at worker', expression: newAt('worker') },
  ],
};

/** What neither arrives nor dies as usual. */
export const STUCK = {
  closed: signal(
    'Cannot be opened',
    'Envelopes in the queue that no worker could open. Above 0: a sealing key is missing in the configuration, or they are damaged. They stay.',
    'locale',
    { closed: `sum(${ofFleet('queueUnreadable', ['pixel'])})` },
    { decimals: 0 },
  ),
  orphans: signal(
    'Envelopes only in part',
    'Envelopes a second that were in Redis only in part, and were set right. lost: their events are gone; the log names them. Others: nothing is missing.',
    'cps',
    { '{{kind}}': rate('queueOrphans', ['kind']) },
    { rare: true },
  ),
  suspects: signal(
    'Envelopes that ended workers',
    'Envelopes a second that are processed alone, because workers vanished while they held them. quarantine: keep the log of the worker, and report it.',
    'cps',
    { '{{action}}': rate('workerPoison', ['action']) },
    { rare: true },
  ),
  separated: signal(
    'Events sent apart',
    'Events a second that look like what Meta refused before, and so do not go with their batch. For long: fix what the dead letters of rejected_by_meta report.',
    'eps',
    { '{{pixel}}': rate('workerSeparated', ['pixel']) },
    { rare: true },
  ),
};
