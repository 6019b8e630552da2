import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export const CLIENT = { clientId: 'relay:client', clientSecret: 'a secret/with%signs' };
export const SCOPE = 'kafka other';

/** A token endpoint over TLS that issues the unsecured tokens that a broker accepts for tests. */
export interface TokenServer {
  readonly url: string;
  /** How many tokens it has issued. */
  issued: number;
  lifetimeSeconds: number;
  /** How far its clock is behind, in seconds. */
  behindSeconds: number;
  /** What it answers instead of a token; null for a token. */
  status: number | null;
  close(): void;
}

export async function startTokenServer(files: { cert: string; key: string }): Promise<TokenServer> {
  const options = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
  const server = createServer(options, (request, response) => {
    let form = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (form += part));
    request.on('end', () => {
      const now = Date.now() / 1000 - state.behindSeconds;
      const [status, body] = answerTo(
        request.headers.authorization,
        new URLSearchParams(form),
        now,
      );
      const date = new Date(now * 1000).toUTCString();
      response.writeHead(status, { 'content-type': 'application/json', date });
      response.end(JSON.stringify(body));
    });
  });
  const answerTo = (
    header: string | undefined,
    form: URLSearchParams,
    now: number,
  ): [number, object] => {
    if (state.status !== null) return [state.status, { error: 'secret, and more' }];
    const encoded = header?.startsWith('Basic ') ? atob(header.slice('Basic '.length)) : '';
    const given = encoded.split(':').map((half) => decodeURIComponent(half.replaceAll('+', ' ')));
    const pair = header === undefined ? [form.get('client_id'), form.get('client_secret')] : given;
    if (pair[0] !== CLIENT.clientId || pair[1] !== CLIENT.clientSecret) {
      return [401, { error: 'invalid_client', error_description: CLIENT.clientSecret }];
    }
    if (form.get('grant_type') !== 'client_credentials') return [400, { error: 'invalid_request' }];
    if (form.get('scope') !== SCOPE) return [400, { error: 'invalid_scope' }];
    state.issued += 1;
    const claims = { sub: 'relay', iat: now, exp: now + state.lifetimeSeconds };
    const parts = [{ alg: 'none' }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const token = { access_token: `${parts.join('.')}.`, token_type: 'bearer' };
    return [200, { ...token, expires_in: state.lifetimeSeconds }];
  };
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  const state: TokenServer = {
    url: `https://localhost:${port}/token?tenant=hidden`,
    issued: 0,
    lifetimeSeconds: 3600,
    behindSeconds: 0,
    status: null,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return state;
}
