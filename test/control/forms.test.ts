import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Configuration } from '#config/configuration.ts';
import { createApplication } from '#control/application.ts';
import { html } from '#control/html.ts';
import { CONTROL_METRICS } from '#control/metrics.ts';
import { createAuthorizer } from '#control/security/authorizer.ts';
import { createLogger } from '#process/logger.ts';
import { createMetrics } from '#process/metrics/registry.ts';
import type { SealedStore } from '#store/store.ts';

type Application = Awaited<ReturnType<typeof createApplication>>;
type Headers = Record<string, string>;

const HOST = 'control.example';

/** Pages with one form that changes something, without any server. */
async function createPages(): Promise<Application> {
  const metrics = createMetrics('control', CONTROL_METRICS);
  const user = { password: 'a-long-password', role: 'operator' } as const;
  const authorizer = createAuthorizer(
    {
      host: '127.0.0.1',
      port: 0,
      behindTlsProxy: false,
      backupFolder: '.',
      stopTimeoutMs: 1000,
      proxy: { addresses: ['127.0.0.1'], userHeader: 'x-user', operators: ['ada', 'bob'] },
      trustedProxies: [],
      actions: true,
      users: [{ ...user, name: 'ada' }],
      quality: {
        enabled: false,
        everyMinutes: 60,
        agentName: null,
        criticalPercentage: 50,
        ignoredDiagnostics: [],
      },
    },
    metrics,
  );
  return createApplication({
    authorizer,
    routes: {
      'GET /': ({ visit }) => ({ title: 'Form', body: html`${visit.token}` }),
      'POST /act': ({ fields }) => ({ redirectTo: `/done?what=${fields['what']}` }),
    },
    configuration: () => ({ pixels: [] }) as unknown as Configuration,
    store: {} as SealedStore,
    redis: () => ({ ok: true, detail: 'answers', lastError: null }),
    metrics,
    logger: createLogger('control', 'error'),
  });
}

describe('forms and pages', () => {
  let app: Application;
  let cookie: string;
  let token: string;
  const open = async (user: string, headers: Headers = {}) => {
    const given = { 'x-user': user, host: HOST, ...headers };
    const answer = await app.inject({ url: '/', headers: given });
    const [, body = ''] = /<main[^>]*>\n(.*)\n<\/main>/.exec(answer.body) ?? [];
    return { token: body, setCookie: String(answer.headers['set-cookie'] ?? '') };
  };
  const send = (headers: Headers, fields: Headers) =>
    app.inject({
      method: 'POST',
      url: '/act',
      headers: {
        'x-user': 'ada',
        host: HOST,
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      payload: new URLSearchParams(fields).toString(),
    });
  beforeAll(async () => {
    app = await createPages();
    const first = await open('ada');
    cookie = first.setCookie.split(';')[0] ?? '';
    token = first.token;
  });
  afterAll(() => app.close());

  test('the cookie stays with this site and out of scripts', async () => {
    const { setCookie } = await open('ada');
    expect(setCookie.split('; ').slice(1).sort()).toEqual([
      'HttpOnly',
      'Path=/',
      'SameSite=Strict',
    ]);
    expect((await open('ada', { cookie })).setCookie).toBe('');
    expect((await open('ada', { 'x-forwarded-proto': 'https' })).setCookie).toContain('; Secure');
  });

  test.each<[string, () => Promise<[Headers, string]>, boolean]>([
    ['of ours', async () => [{ cookie }, token], true],
    [
      'of ours, as browsers say',
      async () => [{ cookie, origin: `http://${HOST}`, 'sec-fetch-site': 'same-origin' }, token],
      true,
    ],
    ['without a token', async () => [{ cookie }, ''], false],
    ['with a token that is none', async () => [{ cookie }, 'x'], false],
    [
      'with the token of another visitor',
      async () => [{ cookie }, (await open('bob', { cookie })).token],
      false,
    ],
    [
      'with the token of another browser',
      async () => [{ cookie }, (await open('ada')).token],
      false,
    ],
    ['without the cookie', async () => [{}, token], false],
    ['from another site', async () => [{ cookie, 'sec-fetch-site': 'cross-site' }, token], false],
    ['from another origin', async () => [{ cookie, origin: 'https://evil.example' }, token], false],
    ['from nowhere', async () => [{ cookie, origin: 'null' }, token], false],
  ])('%s', async (_, request, verified) => {
    const [headers, sent] = await request();
    const answer = await send(headers, { token: sent, what: 'a' });
    expect(answer.statusCode).toBe(verified ? 303 : 403);
    if (verified) expect(answer.headers.location).toBe('/done?what=a');
    else expect(answer.body).toContain('Nothing was changed');
  });

  test('of another process: its pages are no longer good', async () => {
    const other = await createPages();
    const request = { method: 'POST', url: '/act', payload: `token=${token}` } as const;
    const type = 'application/x-www-form-urlencoded';
    const headers = { 'x-user': 'ada', host: HOST, cookie, 'content-type': type };
    expect((await other.inject({ ...request, headers })).statusCode).toBe(403);
    await other.close();
  });

  test('every answer has the security headers, refusals too', async () => {
    const page = await app.inject({ url: '/', headers: { 'x-user': 'ada' } });
    const refused = await app.inject({ url: '/' });
    expect([page.statusCode, refused.statusCode]).toEqual([200, 401]);
    for (const { headers } of [page, refused]) {
      expect(headers['content-security-policy']).toBe(
        "default-src 'none';style-src 'self';script-src 'self';img-src 'self';connect-src 'self';form-action 'self';frame-ancestors 'none';base-uri 'none'",
      );
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
      });
      expect(headers).not.toHaveProperty('strict-transport-security');
    }
  });
});
