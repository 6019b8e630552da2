import { PLAIN_REQUEST, type RequestSettings } from '#core/record/request-members.ts';

/** A pixel that says nothing in its requests besides its events, and has no shadow. */
export function requestSettings(
  accessToken: string,
  others: Partial<RequestSettings> = {},
): RequestSettings & { readonly shadow: null } {
  return { ...PLAIN_REQUEST, accessToken, shadow: null, ...others };
}
