import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatCount } from '#core/text/format.ts';
import { PROOFS } from './catalogue.ts';
import { type Result, readResults } from './results.ts';

export const PAGE = join(import.meta.dirname, '../../docs/promises.md');

const HEAD = `# The promises, and what was done to break them

Each row is the latest run of one proof: real processes, a real Kafka and a real Redis, and the
sandbox in the place of Meta. At the end of a run three accounts are compared: what Kafka holds, read
again from the beginning; the ledger in Redis; and what the sandbox accepted, by event id.

- **Lost**: a good event that the sandbox never accepted, or a message that the ledger does not know.
- **Twice by ingest**: the ledger's \`consumed\` beyond the messages in Kafka. It moves in the same
  step as the envelopes, so that an event enqueued twice shows there and nowhere else.
- **Twice by workers**: events that the sandbox accepted more often than Kafka holds them. What is
  allowed is what configuration lets the workers that were hit have under way, requests × events of a
  request for each pixel, and what \`capi_worker_unknown_answer_events_total\` counted.

## What is not promised

- A topic that is deleted and created again under its old name is told apart by its id, which brokers
  tell from Kafka 2.8 on, and read from its beginning; what of the old topic was not read by then is gone
  with it. From older brokers, or when the old topic was last read by a release that did not write ids
  down, it is noticed only where it holds fewer messages than had been taken; then the partition is halted.
- A log that lost its end (an unclean leader election, a broker restored from a copy) is noticed while it
  ends before what was taken of it: the partition is halted until a person says where it goes on. When it
  has grown past that before ingest reads it again, the new messages at old offsets are not read.
- A Redis that comes back as it was some time ago has forgotten what was delivered since: those events
  are sent again with the same \`event_id\`. One that comes back empty has lost what waited in it; ingest
  reads on from the last offset that it committed to Kafka. So that a Redis which goes back by less than a
  minute loses nothing of a partition that it did not know yet, nothing of a partition is committed in the
  first minute in which a process reads it.
- A Redis that goes back by more than that, to before it knew a partition at all, loses of this partition what was
  committed to Kafka and still waited in Redis, and the dead letters of it: nothing counts them, because the ledger
  went back too. Ingest reads on from the committed offset; what of the events after it had been delivered is sent
  again with the same \`event_id\`. Of a partition that the older Redis does know, ingest reads again from its
  watermark, as far as Kafka still holds the messages.
- A failover of Redis is such a Redis, whether Sentinels, a cluster or a person promotes the replica: what no
  replica had yet is forgotten. While a former primary is cut off and still takes writes, that grows with each
  moment; \`min-replicas-to-write 1\` with two replicas, and a low \`min-replicas-max-lag\`, end it.
- An event that Meta always answers with a code that means a dead token, a missing permission or a throttle
  halts its pixel: no answer tells such an event from a token that has died. No other pixel is affected, and
  the events stay in the queue.
- A worker that is killed between Meta's answer and its settlement in Redis, some milliseconds later, sends the
  events of that request again.

## How to run them

\`make crash\` runs all of them, \`make crash ONLY=stores SEED=7\` one of them with the same choices: the
moments that it disturbs are the machine's. Each run adds a line to [\`proofs.jsonl\`](proofs.jsonl), and
\`make proofs\` writes this page from those lines. \`make test\` runs a short form of each.

## The latest runs
`;

const COLUMNS = [
  'promise',
  'what was done',
  'messages',
  'lost',
  'twice by ingest',
  'twice by workers',
  'holds',
  'run again with',
];

/** The page of the promises, from the latest result of each proof. */
export function promisesPage(results: readonly Result[]): string {
  const latest = new Map(results.map((result) => [result.proof, result]));
  const shown = PROOFS.flatMap(({ name }) => latest.get(name) ?? []);
  const rows = [COLUMNS, COLUMNS.map(() => '---'), ...shown.map(row)];
  const table = rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const history = shown.map(({ proof }) => historyOf(proof, results)).join('\n');
  return [
    `${HEAD}\n${table}`,
    `## What else was measured, and how often\n\n${history}`,
    `## Runs that did not hold\n\n${failures(results)}`,
    'This page is written by `make proofs`.\n',
  ].join('\n\n');
}

/** Every run that failed, with its cause and its fix; the newer runs show whether the fix holds. */
function failures(results: readonly Result[]): string {
  const failed = results.filter(({ faults }) => faults.length > 0);
  if (failed.length === 0) return 'None.';
  return failed
    .map(({ proof, at, seed, faults, explained }) => {
      const { cause = 'not known yet', fix = 'none yet' } = explained ?? {};
      const head = `- **${proof}**, ${at.slice(0, 10)}, seed ${seed}: ${faults.join('; ')}.`;
      return `${head}\n  - Cause: ${cause}\n  - Fix: ${fix}`;
    })
    .join('\n');
}

function row(result: Result): string[] {
  const { promise, disturbances, events, lost, faults, proof, seed } = result;
  const twice = `${formatCount(result.duplicatedByWorkers)} of ${formatCount(result.allowed)} allowed`;
  return [
    promise,
    disturbances,
    formatCount(events),
    formatCount(lost),
    formatCount(result.duplicatedByIngest),
    twice,
    faults.length === 0 ? 'yes' : '**no**',
    `\`make crash ONLY=${proof} SEED=${seed}\``,
  ];
}

function historyOf(proof: string, results: readonly Result[]): string {
  const runs = results.filter((result) => result.proof === proof);
  const [last] = runs.slice(-1);
  const held = runs.filter(({ faults }) => faults.length === 0).length;
  const when = last?.at.slice(0, 10);
  const words = [`run ${runs.length} times, held ${held} times, last on ${when}`];
  return `- **${proof}**: ${[...words, ...(last?.notes ?? []), ...(last?.faults ?? [])].join('; ')}.`;
}

if (import.meta.main) writeFileSync(PAGE, promisesPage(readResults()));
