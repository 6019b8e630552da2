import type { RequestSettings } from '#core/record/request-members.ts';

/** A pixel that says nothing in its requests besides its events. */
export function requestSettings(
  accessToken: string,
  others: Partial<RequestSettings> = {},
): RequestSettings {
  return {
    accessToken,
    appSecret: null,
    testEventCode: null,
    partnerAgent: null,
    namespaceId: null,
    uploadTag: null,
    uploadId: null,
    uploadSource: null,
    ...others,
  };
}
