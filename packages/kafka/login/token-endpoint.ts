import kafkajs from 'kafkajs';
import { tlsFault } from '#core/text/tls-fault.ts';
import { LoginRefusedError } from './refusal.ts';
import type { Token } from './token-cache.ts';

const { KafkaJSConnectionError } = kafkajs;

/** Where a token is got for a client's own credentials. */
export interface TokenEndpoint {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
  /** Whether the credentials go into a header or into the body. */
  readonly clientAuthentication: 'header' | 'body';
  /** Certificate of a private authority. */
  readonly ca?: string;
}

interface Answer {
  readonly status: number;
  readonly date: string | undefined;
  readonly body: string;
}

/** In ms. */
const TIMEOUT_MS = 5000;
const MOST_BYTES = 65_536;
/** For a token whose endpoint does not say how long it is valid, in ms. */
const USUAL_LIFETIME_MS = 60_000;

const TLS_KEYS = {
  ca: 'kafka.sasl.tokenCaFile',
  cert: null,
  serverName: null,
  without: 'correct kafka.sasl.tokenUrl',
};

/**
 * Asks for a token. Source: RFC 6749, sections 2.3.1, 4.4 and 5.
 * @throws an error that kafkajs tries again where the endpoint does not answer, and one that it does not
 * where it refuses; neither holds a secret
 */
export async function requestToken(endpoint: TokenEndpoint): Promise<Token> {
  const answer = await send(endpoint).catch((error: Error & { code?: unknown }) => {
    const fault = tlsFault(error.code, TLS_KEYS);
    const why = fault?.problem ?? String(error.code ?? error.name);
    const fix = fault?.fix ?? 'check kafka.sasl.tokenUrl, and the network between here and there';
    throw new KafkaJSConnectionError(`${placeOf(endpoint)} does not answer (${why}) → ${fix}`);
  });
  if (answer.status >= 500 || answer.status === 429) {
    throw new KafkaJSConnectionError(
      `${placeOf(endpoint)} answers with HTTP ${answer.status} → see its own log`,
    );
  }
  if (answer.status !== 200) throw refusal(endpoint, answer);
  return readToken(endpoint, answer);
}

/** Without what a URL may hide. */
function placeOf({ tokenUrl }: TokenEndpoint): string {
  const { origin, pathname } = new URL(tokenUrl);
  return `the token endpoint ${origin}${pathname}`;
}

/** By the code of the standard. */
const FIXES: Readonly<Record<string, string>> = {
  invalid_client:
    'correct kafka.sasl.clientId and clientSecretFile, or set clientAuthentication to the other way',
  unauthorized_client: 'allow the client the grant client_credentials',
  unsupported_grant_type: 'allow the client the grant client_credentials',
  invalid_scope: 'correct kafka.sasl.scope',
};

function refusal(endpoint: TokenEndpoint, { status, body }: Answer): Error {
  const { error } = fieldsOf(body);
  const code = typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? error : null;
  const why = code ?? `HTTP ${status}`;
  const guess = status === 401 ? FIXES['invalid_client'] : 'check kafka.sasl.tokenUrl';
  const fix = (code !== null && Object.hasOwn(FIXES, code) ? FIXES[code] : null) ?? guess;
  return new LoginRefusedError(`${placeOf(endpoint)} gives no token (${why}) → ${fix}`);
}

/** The characters of a token. Source: RFC 6750, section 2.1. */
const TOKEN = /^[\w.~+/-]+=*$/;

function readToken(endpoint: TokenEndpoint, { body, date }: Answer): Token {
  const { access_token: value, expires_in: seconds } = fieldsOf(body);
  if (typeof value !== 'string' || !TOKEN.test(value)) {
    const fix = 'check that kafka.sasl.tokenUrl is the one of the token endpoint';
    throw new LoginRefusedError(`${placeOf(endpoint)} answers without a token → ${fix}`);
  }
  const lasting = Number(seconds);
  const theirs = Date.parse(date ?? '');
  return {
    value,
    lifetimeMs: lasting > 0 && Number.isFinite(lasting) ? lasting * 1000 : USUAL_LIFETIME_MS,
    skewMs: Number.isNaN(theirs) ? null : theirs - Date.now(),
  };
}

function fieldsOf(body: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body)) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

function send(endpoint: TokenEndpoint): Promise<Answer> {
  const { tokenUrl, ca } = endpoint;
  const { headers, body } = messageOf(endpoint);
  const secure = tokenUrl.startsWith('https:');
  const options = {
    method: 'POST',
    headers,
    agent: false,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  };
  return new Promise((resolve, reject) => {
    // Imported, they would make every process load an HTTP client.
    const request = secure
      ? process
          .getBuiltinModule('node:https')
          .request(tokenUrl, { ...options, ...(ca === undefined ? {} : { ca }) })
      : process.getBuiltinModule('node:http').request(tokenUrl, options);
    request.on('error', reject);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (text.length > MOST_BYTES) response.destroy(new RangeError('answer too long'));
      });
      response.on('error', reject);
      response.on('end', () => {
        const { date } = response.headers;
        resolve({ status: response.statusCode ?? 0, date, body: text });
      });
    });
    request.end(body);
  });
}

function messageOf({ clientId, clientSecret, scope, clientAuthentication }: TokenEndpoint) {
  const inBody = clientAuthentication === 'body';
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope === undefined ? {} : { scope }),
    ...(inBody ? { client_id: clientId, client_secret: clientSecret } : {}),
  });
  const body = form.toString();
  // Both halves are encoded as in a form before they are joined.
  const pair = [clientId, clientSecret].map(encode).join(':');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
    accept: 'application/json',
    ...(inBody ? {} : { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }),
  };
  return { headers, body };
}

function encode(text: string): string {
  return new URLSearchParams({ v: text }).toString().slice('v='.length);
}
