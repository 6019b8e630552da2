/*
 * What Meta says of the quality of the events of one dataset, by event name. Percentages are 0 to 100,
 * as Meta writes them; null stands for what Meta did not say.
 *
 * Source: Meta, Conversions API, Dataset Quality API,
 * https://developers.facebook.com/docs/marketing-api/conversions-api/dataset-quality-api
 */

/** How many of the events carry an identifier, and what more of it would bring. */
export interface MatchKeyQuality {
  /** As Meta names it: `email`, `ip_address`, `external_id` … */
  readonly key: string;
  readonly coverage: number | null;
  /** Further conversions that similar advertisers saw after sending it: Meta's estimate. */
  readonly potential: number | null;
}

/** An issue that Meta found with the events. Meta gives it no severity. */
export interface QualityDiagnostic {
  readonly name: string;
  readonly description: string;
  readonly solution: string;
  readonly percentage: number | null;
  readonly affected: number | null;
  readonly total: number | null;
}

/** How many events carry a deduplication key, on both sides. */
export interface DedupeKeyQuality {
  readonly key: string;
  readonly browser: number | null;
  readonly server: number | null;
  /** Browser events that were deduplicated by this key. */
  readonly deduplicated: number | null;
}

/** Everything that Meta says of the events of one name. */
export interface EventQuality {
  readonly eventName: string;
  /** Event Match Quality, 0 to 10. */
  readonly score: number | null;
  readonly matchKeys: readonly MatchKeyQuality[];
  readonly diagnostics: readonly QualityDiagnostic[];
  /** Browser events that the server sent too, as a mean of seven days, and what Meta recommends. */
  readonly coverage: number | null;
  readonly coverageGoal: number | null;
  readonly dedupeKeys: readonly DedupeKeyQuality[];
  /** How often Meta receives them: `real_time`, `hourly` … */
  readonly uploadFrequency: string | null;
  /** Further conversions reported because of the server's events. */
  readonly additionalConversions: number | null;
}

/** Why Meta did not say it. */
export interface QualityFailure {
  /** `throttled`: wait; `refused`: a person must act; `unavailable`: may succeed later. */
  readonly kind: 'throttled' | 'refused' | 'unavailable';
  readonly code: number | null;
  readonly subcode: number | null;
  /** Without the token and personal values. */
  readonly message: string;
  /** How long Meta asks to wait, in ms; null where it does not. */
  readonly waitMs: number | null;
}

/** The answer to one question for the quality of a dataset. */
export type QualityAnswer =
  | { readonly ok: true; readonly events: readonly EventQuality[] }
  | { readonly ok: false; readonly failure: QualityFailure };

/** The identifiers that Meta is known to name, and the field of user_data that each stands for. */
export const MATCH_KEY_FIELDS: ReadonlyMap<string, string> = new Map([
  ['email', 'em'],
  ['phone', 'ph'],
  ['external_id', 'external_id'],
  ['fbc', 'fbc'],
  ['fbp', 'fbp'],
  ['ip_address', 'client_ip_address'],
  ['user_agent', 'client_user_agent'],
]);

/** What to do about a failure. Source: Meta, Graph API, error handling; Dataset Quality API, setup. */
export function failureAdvice({ kind, code, subcode, message }: QualityFailure): string {
  if (kind === 'throttled') return 'Nothing: it is asked again later.';
  if (code === 190 || code === 102) return 'Create a new access token and set accessToken to it.';
  if (code === 2635) return 'Set graphApi.version to a version that Meta serves.';
  if (subcode === 33 || subcode === UNKNOWN_DATASET || code === 803) {
    return 'Correct pixelId, or give the token access to this dataset.';
  }
  if (message.includes('appsecret_proof')) {
    return 'Set appSecret to the secret of the app that the token belongs to.';
  }
  if (code !== null && (code === 10 || code === 200 || /permission/i.test(message))) {
    return 'Generate the token in Events Manager, which lets it read quality data, or give its system user the permission to use the dataset and its app ads_read and ads_management.';
  }
  return kind === 'refused'
    ? 'Compare graphApi.version and the permissions of the token with docs/quality.md.'
    : 'Check graphApi.url and the network; it is asked again later.';
}

/** Source: Meta, Dataset Quality API for offline events, error codes. */
const UNKNOWN_DATASET = 2_044_055;
