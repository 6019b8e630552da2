import { randomUUID } from 'node:crypto';
import { isPermissionCode } from '#core/outcome/explanation.ts';
import { versionEnd } from '#core/outcome/graph-versions.ts';
import { readErrorEnvelope, readObject } from '#core/outcome/meta-error.ts';
import { type NamedPixel, pixelLabel } from '#core/pixel-names.ts';
import { hashPersonal } from '#core/privacy/hash.ts';
import {
  appSecretProof,
  type RequestSettings,
  requestMembers,
} from '#core/record/request-members.ts';
import { type ConnectionCheck, type Finding, failure, ok, warning } from './finding.ts';

interface GraphApi {
  readonly url: string;
  readonly version: string;
}

/** A pixel as it is checked. */
type CheckedPixel = RequestSettings & NamedPixel;

/**
 * Whether Meta knows the pixel and accepts the token, which is sent in a header only. Asks for the quality
 * of the dataset, which a token made in Events Manager may read, unlike the pixel itself.
 * Source: https://developers.facebook.com/documentation/ads-commerce/conversions-api/dataset-quality-api:
 * "The generated token will be able to fetch quality data and send events using the Conversions API."
 */
export function checkPixel(graphApi: GraphApi, pixel: CheckedPixel): ConnectionCheck {
  const { pixelId, accessToken, appSecret } = pixel;
  const url = new URL(`/${graphApi.version}/dataset_quality`, graphApi.url);
  url.searchParams.set('dataset_id', pixelId);
  url.searchParams.set('fields', 'web{event_name}');
  if (appSecret !== null) {
    url.searchParams.set('appsecret_proof', appSecretProof(accessToken, appSecret));
  }
  return ask(graphApi, pixel, new Request(url), (answer, subject) => {
    if (answer === null) return ok(subject, 'exists, and accepts its token');
    if (!isUndecided(answer, graphApi.version)) return refusal(subject, answer);
    const problem = `cannot tell whether it accepts its token, which may not read the dataset's quality (${answer.words}); it may send events all the same`;
    const fix = `send one test event: check --test-event ${pixelId}:<code of the Test Events page>`;
    return warning(subject, problem, fix);
  });
}

/**
 * Whether Meta accepts an event of the pixel, by sending one. Meta shows it on the Test Events page, and
 * counts it like any other.
 */
export function sendTestEvent(
  graphApi: GraphApi,
  pixel: CheckedPixel,
  testEventCode: string,
): ConnectionCheck {
  const event = {
    event_name: 'CapiRelayCheck',
    event_time: Math.floor(Date.now() / 1000),
    event_id: randomUUID(),
    action_source: 'system_generated',
    user_data: { external_id: hashPersonal('capi-relay check') },
  };
  const members = requestMembers({ ...pixel, testEventCode });
  const url = new URL(`/${graphApi.version}/${pixel.pixelId}/events`, graphApi.url);
  const request = new Request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"data":[${JSON.stringify(event)}]${members}}`,
  });
  return ask(graphApi, pixel, request, (answer, subject) =>
    answer === null
      ? ok(subject, `accepted test event ${event.event_id}`)
      : refusal(subject, answer),
  );
}

/** Meta's refusal. */
interface Refusal {
  readonly code: number | null;
  readonly subcode: number | null;
  readonly message: string;
  /** The refusal in words that may be shown. */
  readonly words: string;
}

function ask(
  graphApi: GraphApi,
  pixel: CheckedPixel,
  request: Request,
  findingOf: (answer: Refusal | null, subject: string) => Finding,
): ConnectionCheck {
  const subject = `pixel ${pixelLabel(pixel)}`;
  const fix = `check graphApi.url (${new URL(graphApi.url).host}), and the network between here and there`;
  const work = async (): Promise<readonly Finding[]> => {
    request.headers.set('authorization', `Bearer ${pixel.accessToken}`);
    const answer = await fetch(request);
    return [findingOf(answer.ok ? null : await refusalOf(answer), subject)];
  };
  return { subject, fix, work };
}

const NO_ENVELOPE = { code: null, subcode: null, message: '' };

async function refusalOf(answer: Response): Promise<Refusal> {
  const body = readObject(await answer.text().catch(() => ''));
  const { code, subcode, message } = readErrorEnvelope(body) ?? NO_ENVELOPE;
  const words =
    code === null
      ? `HTTP ${answer.status}`
      : `code ${code}${subcode === null ? '' : `/${subcode}`}`;
  return { code, subcode, message, words };
}

function refusal(subject: string, { code, subcode, message, words }: Refusal): Finding {
  const problem = code === null ? `Meta answers with ${words}` : `Meta refuses it with ${words}`;
  return failure(subject, problem, fixFor(code, subcode, message));
}

/**
 * A permission that a token may lack and still send events; or a version that Meta still serves to the
 * Conversions API, and no longer to the rest of the Marketing API.
 */
function isUndecided({ code }: Refusal, version: string): boolean {
  const end = versionEnd(version);
  const hasEnded = end?.announced === true && end.at <= Date.now();
  return code === 2635 ? !hasEnded : isPermissionCode(code);
}

function fixFor(code: number | null, subcode: number | null, message: string): string {
  if (code === 190 || code === 102) return 'create a new access token and set accessToken to it';
  if (code === 803 || (code === 100 && subcode === 33)) {
    return 'correct pixelId, or give the token access to this pixel';
  }
  if (isPermissionCode(code)) {
    return "give the token's system user permission to use this dataset";
  }
  if (message.includes('appsecret_proof')) {
    return 'set appSecret to the secret of the app that the token belongs to';
  }
  return 'check graphApi.url and graphApi.version';
}
