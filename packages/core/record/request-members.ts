import { createHmac } from 'node:crypto';

/** What a request says besides its events. */
export interface RequestSettings {
  readonly accessToken: string;
  /** Of the app that the token belongs to; null sends no proof of it. */
  readonly appSecret: string | null;
  readonly testEventCode: string | null;
  readonly partnerAgent: string | null;
  readonly namespaceId: string | null;
  readonly uploadTag: string | null;
  readonly uploadId: string | null;
  readonly uploadSource: string | null;
}

/** Of requests that say nothing besides their events. */
export const PLAIN_REQUEST: Omit<RequestSettings, 'accessToken'> = {
  appSecret: null,
  testEventCode: null,
  partnerAgent: null,
  namespaceId: null,
  uploadTag: null,
  uploadId: null,
  uploadSource: null,
};

/**
 * The members of a request's body besides `data`, as JSON with a comma before each; empty for none.
 * Source: facebook-php-business-sdk, src/FacebookAds/Object/ServerSide/EventRequest.php, `$param_types`.
 */
export function requestMembers(settings: RequestSettings): string {
  const { accessToken, appSecret } = settings;
  const members: Readonly<Record<string, string | null>> = {
    test_event_code: settings.testEventCode,
    partner_agent: settings.partnerAgent,
    namespace_id: settings.namespaceId,
    upload_tag: settings.uploadTag,
    upload_id: settings.uploadId,
    upload_source: settings.uploadSource,
    appsecret_proof: appSecret === null ? null : appSecretProof(accessToken, appSecret),
  };
  return Object.entries(members)
    .map(([name, value]) => (value === null ? '' : `,"${name}":${JSON.stringify(value)}`))
    .join('');
}

/**
 * Proves that who has the token has the secret of its app, too. In hexadecimal.
 * Source: https://developers.facebook.com/docs/graph-api/securing-requests, "Generate the Proof": "a sha256
 * hash of your access token, using your app secret as the key".
 */
export function appSecretProof(accessToken: string, appSecret: string): string {
  return createHmac('sha256', appSecret).update(accessToken).digest('hex');
}
