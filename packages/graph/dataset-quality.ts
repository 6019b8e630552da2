import type { GraphAnswer, Outcome } from '#core/outcome/answer.ts';
import { classify } from '#core/outcome/classify.ts';
import { readErrorEnvelope, readObject } from '#core/outcome/meta-error.ts';
import type { QualityAnswer, QualityFailure } from '#core/quality/dataset-quality.ts';
import { appSecretProof } from '#core/record/request-members.ts';
import { type ApiOptions, answerTo, connectApi } from './answer.ts';
import { parseQuality } from './quality-response.ts';

/**
 * The field is `dedupe_key_feedback`: the table of Meta's page spells it without the second `e`, which
 * Meta answers with an error. Source: Meta, Dataset Quality API, examples.
 */
const DESCRIPTIONS =
  'diagnostics{name,description,solution,percentage,affected_event_count,total_event_count}';
const KEYS = 'identifier,coverage{percentage}';
const SHARE = '{percentage}';

/** Everything that is known of the quality of the events of a website. */
const ALL_FIELDS = `web{event_name,event_match_quality{composite_score,match_key_feedback{${KEYS},potential_aly_acr_increase${SHARE}},${DESCRIPTIONS}},event_coverage{percentage,goal_percentage},dedupe_key_feedback{dedupe_key,browser_events_with_dedupe_key${SHARE},server_events_with_dedupe_key${SHARE},overall_browser_coverage_from_dedupe_key${SHARE}},data_freshness{upload_frequency},acr${SHARE}}`;

/** What every version and every dataset has: asked for where Meta does not know one of the others. */
const BASIC_FIELDS = `web{event_name,event_match_quality{composite_score,match_key_feedback{${KEYS}}}}`;

const UNKNOWN_FIELD = /nonexisting field/i;

interface QualityClientOptions extends ApiOptions {
  /** Only events that were sent with this `partner_agent` count; null for all. */
  readonly agentName: string | null;
}

/** A dataset, and what Meta knows its owner by. */
interface AskedDataset {
  readonly pixelId: string;
  readonly accessToken: string;
  /** Secret of the app of the token; null where the app does not require its proof. */
  readonly appSecret: string | null;
}

export type QualityClient = ReturnType<typeof createQualityClient>;

/** Asks Meta for the quality of a dataset. The token goes into a header: a URL ends up in logs. */
export function createQualityClient(options: QualityClientOptions) {
  const { agentName } = options;
  const { client, close } = connectApi(options);
  const get = (dataset: AskedDataset, fields: string, signal: AbortSignal) => {
    const { pixelId, accessToken, appSecret } = dataset;
    const searchParams = {
      dataset_id: pixelId,
      fields,
      ...(appSecret === null ? {} : { appsecret_proof: appSecretProof(accessToken, appSecret) }),
      ...(agentName === null ? {} : { agent_name: agentName }),
    };
    const headers = { authorization: `Bearer ${accessToken}` };
    return answerTo(client('dataset_quality', { searchParams, headers, signal }), signal);
  };
  return {
    /** Never throws. What is kept of an answer holds neither the token nor personal values. */
    async ask(dataset: AskedDataset, signal: AbortSignal): Promise<QualityAnswer> {
      const { accessToken } = dataset;
      const read = readAnswer(await get(dataset, ALL_FIELDS, signal), accessToken);
      if (read.ok || !UNKNOWN_FIELD.test(read.failure.message)) return read;
      return readAnswer(await get(dataset, BASIC_FIELDS, signal), accessToken);
    },
    close,
  };
}

/** Meta's answer: the quality, or why not. */
function readAnswer(answer: GraphAnswer, token: string): QualityAnswer {
  const body = answer.kind === 'answered' ? readObject(answer.body) : null;
  const succeeded = answer.kind === 'answered' && answer.status >= 200 && answer.status < 300;
  if (succeeded && body !== null && readErrorEnvelope(body) === null) {
    const events = parseQuality(body, token);
    if (events !== null) return { ok: true, events };
  }
  return { ok: false, failure: failureOf(classify(answer, Date.now(), token), succeeded) };
}

/** @param succeeded a success that is none of Meta's answers, such as the page of a proxy */
function failureOf(outcome: Outcome, succeeded: boolean): QualityFailure {
  const unknown = { code: null, subcode: null, waitMs: null };
  if (outcome.kind === 'delivered' || (outcome.kind === 'retry' && succeeded)) {
    const message = 'the answer is not one of the Dataset Quality API';
    return { kind: 'unavailable', ...unknown, message };
  }
  const { code, subcode, message } = outcome.refusal;
  const said = { code, subcode, message };
  if (outcome.kind === 'throttled') return { kind: 'throttled', ...said, waitMs: outcome.waitMs };
  return { kind: outcome.kind === 'retry' ? 'unavailable' : 'refused', ...said, waitMs: null };
}
