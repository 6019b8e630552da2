import type { Configuration } from '#config/configuration.ts';
import type { KafkaCoordinates } from '#core/dead-letter/dead-letter.ts';
import { UNROUTED } from '#core/mapping/mapping-result.ts';
import { ReadFailure } from '#kafka/sample/read-failure.ts';
import { openDecoder } from '#registry/open.ts';
import { RegistryFailure } from '#registry/registry-failure.ts';
import { loadSchema, openSample } from '../kafka-sample.ts';
import { NEXT_STEPS } from '../preview/advice.ts';
import type { MappedLine } from '../preview/line-mapper.ts';
import { createMessageMapper, placeOf } from '../preview/message-mapper.ts';
import { type ConnectionCheck, type Finding, failure, ok, warning } from './finding.ts';

type Reason = keyof typeof NEXT_STEPS;
type Outcome = 'deliver' | 'filter' | 'reject';

interface ReasonCount {
  count: number;
  /** Where the newest of them is. */
  example: string;
}

/** What would become of a sample of messages; each message counts once. */
export class SampleCounts {
  messages = 0;
  /** Messages of which some pixel gets an event. */
  delivering = 0;
  readonly outcomes = { deliver: 0, filter: 0, reject: 0 };
  readonly reasons = {
    filter: new Map<Reason, ReasonCount>(),
    reject: new Map<Reason, ReasonCount>(),
  };

  /** A message that is a dead letter of one pixel counts as that, whatever the others get. */
  add(kafka: KafkaCoordinates, results: Iterable<Pick<MappedLine, 'result'>>): void {
    const own = { filter: new Set<Reason>(), reject: new Set<Reason>() };
    let delivers = false;
    for (const { result } of results) {
      if (result.outcome === 'deliver') delivers = true;
      else own[result.outcome].add(result.reason);
    }
    const outcome: Outcome = own.reject.size > 0 ? 'reject' : delivers ? 'deliver' : 'filter';
    this.messages += 1;
    if (delivers) this.delivering += 1;
    this.outcomes[outcome] += 1;
    if (outcome === 'deliver') return;
    for (const reason of own[outcome]) {
      const known = this.reasons[outcome].get(reason);
      const count = (known?.count ?? 0) + 1;
      this.reasons[outcome].set(reason, { count, example: placeOf(kafka) });
    }
  }
}

const SUBJECT = 'messages';

/** Reasons that are named, the most frequent first. */
const MOST_REASONS = 3;

/**
 * What is said of a sample: a warning where none is delivered, or where most would be dead letters.
 * @param config the flag that the suggested command needs, if it needs one
 */
export function sampleFinding(
  counts: SampleCounts,
  topics: readonly string[],
  asked: number,
  config = '',
): Finding {
  const { messages, outcomes, reasons, delivering } = counts;
  if (messages === 0) {
    const [which, hold] = topics.length === 1 ? ['topic', 'holds'] : ['topics', 'hold'];
    const said = `${which} ${topics.join(', ')} ${hold} no message yet: nothing to sample`;
    return ok(SUBJECT, said);
  }
  const rejected = topOf(reasons.reject);
  const filtered = topOf(reasons.filter);
  const unrouted = reasons.filter.get(UNROUTED)?.count ?? 0;
  const others = filtered.filter(([reason]) => reason !== UNROUTED);
  const dead = outcomes.reject === 1 ? 'a dead letter' : 'dead letters';
  const parts = [
    outcomes.deliver === 1 ? '1 delivers' : `${outcomes.deliver} deliver`,
    unrouted === 0
      ? ''
      : `${unrouted} ${unrouted === 1 ? 'matches' : 'match'} no pixel (${UNROUTED})`,
    outcomes.filter === unrouted
      ? ''
      : `${outcomes.filter - unrouted} would be filtered (${named(others)})`,
    outcomes.reject === 0 ? '' : `${outcomes.reject} would be ${dead} (${named(rejected)})`,
  ];
  const examples = [...rejected, ...filtered]
    .slice(0, MOST_REASONS)
    .map(([reason, { example }]) => `${reason} at ${example}`);
  const last = messages === 1 ? 'the last message' : `the last ${messages} messages`;
  const counted = `of ${last}: ${parts.filter((part) => part !== '').join(', ')}`;
  const said = examples.length === 0 ? counted : `${counted}; for example ${examples.join(', ')}`;
  if (delivering > 0 && outcomes.reject * 2 <= messages) return ok(SUBJECT, said);
  const [[worst] = [null]] = [...rejected, ...filtered].sort(([, a], [, b]) => b.count - a.count);
  const step = worst === null ? '' : `${worst}: ${NEXT_STEPS[worst]} `;
  return warning(
    SUBJECT,
    said,
    `${step}capi-relay preview --readable --from-kafka ${asked}${config} shows each`,
  );
}

function topOf(reasons: ReadonlyMap<Reason, ReasonCount>): [Reason, ReasonCount][] {
  return [...reasons].sort(([, a], [, b]) => b.count - a.count).slice(0, MOST_REASONS);
}

function named(reasons: readonly [Reason, ReasonCount][]): string {
  return reasons.map(([reason, { count }]) => `${reason} ${count}`).join(', ');
}

/**
 * What would become of the newest messages of the topics if ingest read them now. Reads without a
 * consumer group, and nothing of the messages is in what it finds.
 */
export function checkSample(
  configuration: Configuration,
  count: number,
  { timeoutMs, config }: { readonly timeoutMs: number; readonly config: string },
): ConnectionCheck {
  const { topics } = configuration.kafka;
  return {
    subject: SUBJECT,
    fix: 'see the findings about Kafka',
    work: async () => {
      const started = performance.now();
      // The search and the waits end before the check does.
      const request = { ...NEWEST, count, timeoutMs: timeoutMs / 2 };
      try {
        const { messages, close } = await openSample(configuration, request);
        const counts = new SampleCounts();
        const decoder = await openDecoder(configuration.schemaRegistry);
        const mapMessage = createMessageMapper(configuration, CLOCK, decoder, null);
        try {
          for await (const message of messages) {
            await loadSchema(decoder, message);
            counts.add(message.kafka, mapMessage(message));
            if (performance.now() - started > timeoutMs * 0.9) break;
          }
        } finally {
          await close();
        }
        return [sampleFinding(counts, topics, count, config)];
      } catch (error) {
        // The check of the registry says it.
        if (error instanceof RegistryFailure) return [];
        if (!(error instanceof ReadFailure)) throw error;
        return findingOf(error);
      }
    },
  };
}

const NEWEST = { topic: null, partition: null, fromOffset: null };
const CLOCK = { now: null, clock: Date.now };

/** What the check of Kafka says as well is not repeated. */
function findingOf({ kind, message }: ReadFailure): Finding[] {
  if (kind === 'no_connection' || kind === 'no_topic') return [];
  const [problem = '', fix = ''] = message.split(' → ');
  return [kind === 'late' ? warning(SUBJECT, problem, fix) : failure(SUBJECT, problem, fix)];
}
