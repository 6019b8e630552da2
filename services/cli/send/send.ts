import type { Warning } from '#core/event/warning.ts';
import type { MetaError } from '#core/outcome/answer.ts';
import { classify } from '#core/outcome/classify.ts';
import { explainOutcome } from '#core/outcome/explanation.ts';
import { acceptanceOf } from '#core/outcome/meta-error.ts';
import { hashRecord, writeBody, writeRecord } from '#core/record/record.ts';
import { requestMembers } from '#core/record/request-members.ts';
import type { GraphClient } from '#graph/client.ts';
import { NEXT_STEPS } from '../preview/advice.ts';
import type { PlannedEvent } from './plan.ts';

/** What became of an event for one pixel. Contains neither personal data nor the token. */
export interface SendReport {
  readonly line: number;
  /** Of the mapping (`filter`, `reject`), or of the request. */
  readonly outcome: 'filter' | 'reject' | ReturnType<typeof classify>['kind'];
  /** Null when no pixel was selected. */
  readonly pixelId: string | null;
  readonly eventName: string | null;
  readonly eventId: string | null;
  readonly testEventCode: string | null;
  /** The mapping's reason for not sending it. */
  readonly reason: string | null;
  /** What happened. */
  readonly message: string;
  /** What to do next; empty for nothing. */
  readonly todo: string;
  /** The answer of Meta where it refused. */
  readonly error: Omit<MetaError, 'index' | 'traceId'> | null;
  /** The id by which Meta's support finds the request. */
  readonly traceId: string | null;
  /** What Meta remarked on an event that it accepted. */
  readonly remarks: readonly string[];
  /** Of the mapping. */
  readonly warnings: readonly Warning[];
}

/** Not from Kafka. */
const NO_COORDINATES = { offset: 0, timestamp: -1 };

/** Sends one event in a request of its own, so that the answer is about it alone. */
export async function sendEvent(
  planned: PlannedEvent,
  client: GraphClient,
  signal: AbortSignal,
): Promise<SendReport> {
  if (planned.outcome !== 'deliver') return notSent(planned);
  const { line, recipient, event, warnings } = planned;
  const { pixelId, accessToken, testEventCode } = recipient;
  const record = hashRecord(Buffer.from(writeRecord(event, NO_COORDINATES, 0), 'utf8'));
  const answer = await client.post(
    pixelId,
    accessToken,
    writeBody([record], requestMembers(recipient)),
    signal,
  );
  const outcome = classify(answer, Date.now(), accessToken);
  const { meaning, todo } = explainOutcome(outcome);
  const accepted = outcome.kind === 'delivered' ? acceptanceOf(answer, accessToken) : null;
  const refusal = outcome.kind === 'delivered' ? null : outcome.refusal;
  return {
    line,
    outcome: outcome.kind,
    pixelId,
    eventName: event.plain.event_name,
    eventId: event.plain.event_id ?? null,
    testEventCode,
    reason: null,
    message: meaning,
    todo,
    error: refusal === null ? null : errorOf(refusal),
    traceId: accepted?.traceId ?? refusal?.traceId ?? null,
    remarks: accepted?.messages ?? [],
    warnings,
  };
}

function errorOf({ status, code, subcode, message }: MetaError): SendReport['error'] {
  return { status, code, subcode, message };
}

function notSent(planned: Exclude<PlannedEvent, { outcome: 'deliver' }>): SendReport {
  const { line, outcome, pixelId, reason, message } = planned;
  const nothing = {
    eventName: null,
    eventId: null,
    testEventCode: null,
    error: null,
    traceId: null,
  };
  const todo = NEXT_STEPS[reason];
  return { line, outcome, pixelId, ...nothing, reason, message, todo, remarks: [], warnings: [] };
}
