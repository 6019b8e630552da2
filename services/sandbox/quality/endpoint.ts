import type { Authorization } from '../access.ts';
import { errorOf, type GraphError } from '../graph-error.ts';
import type { Sandbox } from '../sandbox.ts';
import { type Node, parseFields, selectFields, unknownField } from './field-expansion.ts';

const SHARE: Node = { percentage: null, description: null };

/**
 * The fields of Meta's answer. Its page names `dedup_key_feedback` in a table, and Meta has no such field.
 * Source: Meta, Conversions API, Dataset Quality API.
 */
const FIELDS: Node = {
  web: {
    event_name: null,
    event_match_quality: {
      composite_score: null,
      match_key_feedback: { identifier: null, coverage: SHARE, potential_aly_acr_increase: SHARE },
      diagnostics: {
        name: null,
        description: null,
        solution: null,
        percentage: null,
        affected_event_count: null,
        total_event_count: null,
      },
    },
    event_coverage: {
      percentage: null,
      goal_percentage: null,
      description: null,
      potential_aly_acr_increase: SHARE,
    },
    dedupe_key_feedback: {
      dedupe_key: null,
      browser_events_with_dedupe_key: SHARE,
      server_events_with_dedupe_key: SHARE,
      overall_browser_coverage_from_dedupe_key: SHARE,
    },
    data_freshness: { upload_frequency: null, description: null },
    acr: SHARE,
    event_potential_aly_acr_increase: SHARE,
  },
};

const DEFAULT_FIELDS = 'web{event_name,event_match_quality{composite_score,match_key_feedback}}';

/** An error of Meta, or the body of its answer. */
export type ReadAnswer = { readonly error: GraphError } | { readonly body: unknown };

/**
 * `GET /{version}/dataset_quality?dataset_id=…&fields=…`: an error, or the body of the answer. Without
 * events of websites the answer is empty, as Meta's is.
 */
export function datasetQuality(
  { access, journal }: Sandbox,
  query: URLSearchParams,
  authorization: Authorization,
): ReadAnswer {
  const id = query.get('dataset_id') ?? '';
  if (!/^\d{1,64}$/.test(id)) {
    const problem =
      id === '' ? 'The parameter dataset_id is required' : 'Param dataset_id must be an integer';
    return { error: errorOf(400, 100, `(#100) ${problem}.`) };
  }
  const error = access.refuseReading(id, 'quality', authorization);
  if (error !== null) return { error };
  const selection = parseFields(query.get('fields') ?? DEFAULT_FIELDS);
  if (selection === null) {
    return { error: errorOf(400, 2500, '(#2500) Syntax error in the parameter fields.') };
  }
  const unknown = unknownField(selection, FIELDS);
  if (unknown !== null) {
    const message = `(#100) Tried accessing nonexisting field (${unknown})`;
    return { error: errorOf(400, 100, message) };
  }
  const web = journal.pixels.get(id)?.quality.web() ?? null;
  return { body: web === null ? {} : selectFields({ web }, selection) };
}
