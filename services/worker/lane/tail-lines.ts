import type { GraphAnswer, Outcome } from '#core/outcome/answer.ts';
import { acceptanceOf } from '#core/outcome/meta-error.ts';
import type { SendableRecord } from '#core/record/record.ts';
import type { AnswerLine, BatchLine } from '#store/delivery/tail.ts';
import type { OutgoingBatch } from './outgoing-batch.ts';

/** A batch that is released, for people who run `tail`. */
export function batchLine(pixel: string, { records, trigger }: OutgoingBatch): BatchLine {
  return { kind: 'batch', at: Date.now(), pixel, events: records.length, trigger };
}

/** A request that has ended, and its answer. */
interface EndedRequest {
  readonly records: readonly SendableRecord[];
  readonly answer: GraphAnswer;
  readonly outcome: Outcome;
  /** How long it took. */
  readonly ms: number;
  readonly token: string;
}

/** An answer, for people who run `tail`: what Meta says in words is left out, because it may quote what it was sent. */
export function answerLine(pixel: string, request: EndedRequest): AnswerLine {
  const { records, answer, outcome, ms, token } = request;
  const at = Date.now();
  const refusal = outcome.kind === 'delivered' ? null : outcome.refusal;
  const traceId = refusal === null ? acceptanceOf(answer, token).traceId : refusal.traceId;
  return {
    ...{ kind: 'answer', at, pixel, events: records.length, outcome: outcome.kind },
    status: answer.kind === 'answered' ? answer.status : null,
    cause: answer.kind === 'answered' ? null : answer.cause,
    ...{ code: refusal?.code ?? null, subcode: refusal?.subcode ?? null, traceId },
    ms: Math.round(ms),
    ...agesOf(records, at),
  };
}

/** A producer may write any timestamp, and -1 is none. */
function agesOf(
  records: readonly SendableRecord[],
  now: number,
): Pick<AnswerLine, 'oldest' | 'newest'> {
  let [oldest, newest] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const { kafkaTimestamp } of records) {
    if (kafkaTimestamp < 0) continue;
    const age = Math.max(now - kafkaTimestamp, 0) / 1000;
    oldest = Math.max(oldest, age);
    newest = Math.min(newest, age);
  }
  return Number.isFinite(oldest)
    ? { oldest: Math.round(oldest), newest: Math.round(newest) }
    : { oldest: null, newest: null };
}
