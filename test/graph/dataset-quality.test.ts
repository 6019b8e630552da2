import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { QualityAnswer } from '#core/quality/dataset-quality.ts';
import { createQualityClient, type QualityClient } from '#graph/dataset-quality.ts';
import { freePort } from '#local/ports.ts';

const PATIENCE_MS = 60_000;
/** For a server that never answers. */
const SILENCE_MS = 1500;
const TOKEN = 'the-secret-token';

let server: Server | null = null;
let client: QualityClient | null = null;

afterEach(() => {
  client?.close();
  server?.closeAllConnections();
  server?.close();
  server = null;
});

async function serve(listener: RequestListener): Promise<string> {
  const created = createServer(listener);
  server = created;
  await new Promise<void>((resolve) => created.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(created.address() as AddressInfo).port}`;
}

interface Question {
  readonly agentName?: string;
  readonly appSecret?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

function ask(url: string, question: Question = {}): Promise<QualityAnswer> {
  const { agentName = null, appSecret = null, timeoutMs = PATIENCE_MS } = question;
  client = createQualityClient({ url, version: 'v25.0', timeoutMs, agentName });
  const dataset = { pixelId: '123', accessToken: TOKEN, appSecret };
  return client.ask(dataset, question.signal ?? new AbortController().signal);
}

/** The answer of a server that says this to every question. */
async function answerTo(body: unknown, status = 200, headers = {}): Promise<QualityAnswer> {
  const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
  const text = isRaw ? body : JSON.stringify(body);
  return ask(await serve((_, response) => response.writeHead(status, headers).end(text)));
}

const error = (code: number, message = 'no', more = {}) => ({
  error: { message, type: 'OAuthException', code, fbtrace_id: 'T', ...more },
});

/** As Meta's page shows it, with more than is asked for. */
const PURCHASE = {
  event_name: 'Purchase',
  event_match_quality: {
    composite_score: 6.2,
    match_key_feedback: [
      {
        identifier: 'email',
        coverage: { percentage: 99.9 },
        potential_aly_acr_increase: { percentage: 58.96, description: 'Similar advertisers …' },
      },
      { identifier: 'user_agent', coverage: { percentage: 100 } },
    ],
    diagnostics: [
      {
        name: 'Server sending mismatched IP addresses',
        description: 'They differ from those of the pixel.',
        solution: 'Send those of the customer.',
        percentage: 61.5,
        affected_event_count: 19567,
        total_event_count: 31830,
        severity: 'unknown to us',
      },
    ],
  },
  event_coverage: { percentage: 34.1, goal_percentage: 75, description: 'x' },
  dedupe_key_feedback: [
    {
      dedupe_key: 'event_id',
      browser_events_with_dedupe_key: { percentage: 100 },
      server_events_with_dedupe_key: { percentage: 99 },
      overall_browser_coverage_from_dedupe_key: { percentage: 14.8 },
    },
  ],
  data_freshness: { upload_frequency: 'real_time', description: 'x' },
  acr: { percentage: 137.9, description: 'x' },
  something_new: { of: ['Meta'] },
};

describe('the question', () => {
  test('names the dataset and the fields in the query, and the token in a header alone', async () => {
    const seen: { url: string; token: string | undefined; method: string | undefined }[] = [];
    const url = await serve(({ url: path = '', headers, method }, response) => {
      seen.push({ url: path, token: headers.authorization, method });
      response.end('{"web":[]}');
    });
    expect(await ask(url)).toEqual({ ok: true, events: [] });
    await ask(url, { agentName: 'acme', appSecret: 'of-the-app' });
    const [first, second] = seen.map((each) => new URL(each.url, url));
    expect(first?.pathname).toBe('/v25.0/dataset_quality');
    expect(first?.searchParams.get('dataset_id')).toBe('123');
    expect(first?.searchParams.get('fields')).toMatch(/^web\{event_name,.*dedupe_key_feedback\{/);
    expect(first?.searchParams.has('agent_name')).toBe(false);
    expect(first?.searchParams.has('appsecret_proof')).toBe(false);
    expect(second?.searchParams.get('agent_name')).toBe('acme');
    expect(second?.searchParams.get('appsecret_proof')).toMatch(/^[0-9a-f]{64}$/);
    expect(seen[0]).toMatchObject({ token: `Bearer ${TOKEN}`, method: 'GET' });
    expect(seen.map((each) => each.url).join()).not.toContain(TOKEN);
  });

  test('is repeated with what every version has, where Meta does not know a field', async () => {
    const asked: string[] = [];
    const url = await serve(({ url: path = '' }, response) => {
      asked.push(new URL(path, 'http://x').searchParams.get('fields') ?? '');
      const unknown = error(100, '(#100) Tried accessing nonexisting field (acr) on node type (X)');
      if (asked.length === 1) response.writeHead(400).end(JSON.stringify(unknown));
      else response.end(JSON.stringify({ web: [PURCHASE] }));
    });
    expect(await ask(url)).toMatchObject({ ok: true, events: [{ score: 6.2 }] });
    expect(asked).toHaveLength(2);
    expect(asked[1]).not.toContain('acr');
  });

  test('is asked twice at most', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      response.writeHead(400).end(JSON.stringify(error(100, 'nonexisting field (web)')));
    });
    expect(await ask(url)).toMatchObject({ ok: false, failure: { kind: 'refused', code: 100 } });
    expect(asked).toBe(2);
  });
});

describe('the answer', () => {
  test('is read field by field', async () => {
    expect(await answerTo({ web: [PURCHASE], offline: [] })).toEqual({
      ok: true,
      events: [
        {
          eventName: 'Purchase',
          score: 6.2,
          matchKeys: [
            { key: 'email', coverage: 99.9, potential: 58.96 },
            { key: 'user_agent', coverage: 100, potential: null },
          ],
          diagnostics: [
            {
              name: 'Server sending mismatched IP addresses',
              description: 'They differ from those of the pixel.',
              solution: 'Send those of the customer.',
              percentage: 61.5,
              affected: 19567,
              total: 31830,
            },
          ],
          coverage: 34.1,
          coverageGoal: 75,
          dedupeKeys: [{ key: 'event_id', browser: 100, server: 99, deduplicated: 14.8 }],
          uploadFrequency: 'real_time',
          additionalConversions: 137.9,
        },
      ],
    });
  });

  test('of a dataset without events is empty', async () => {
    expect(await answerTo({})).toEqual({ ok: true, events: [] });
  });

  const nothing = { score: null, matchKeys: [], diagnostics: [], coverage: null, dedupeKeys: [] };
  test.each<[string, unknown, object]>([
    ['without figures', {}, nothing],
    ['of null', { event_match_quality: null, acr: null, event_coverage: null }, nothing],
    ['of other types', { event_match_quality: 'high', dedupe_key_feedback: { a: 1 } }, nothing],
    [
      'beyond their range',
      { event_match_quality: { composite_score: 11 }, event_coverage: { percentage: -1 } },
      nothing,
    ],
    [
      'with entries that are none',
      { event_match_quality: { composite_score: 5, match_key_feedback: ['x', null, { a: 1 }] } },
      { score: 5, matchKeys: [] },
    ],
    [
      'with an identifier that has no coverage',
      { event_match_quality: { match_key_feedback: [{ identifier: 'fbc' }] } },
      { matchKeys: [{ key: 'fbc', coverage: null, potential: null }] },
    ],
  ])('%s keeps what is known', async (_, figures, expected) => {
    const answer = await answerTo({
      web: [{ event_name: 'Lead', ...(figures as object) }, 'x', {}],
    });
    expect(answer).toMatchObject({ ok: true, events: [{ eventName: 'Lead', ...expected }] });
  });

  test('is bounded, whatever Meta sends', async () => {
    const many = Array.from({ length: 1000 }, (_, n) => ({ event_name: `Custom ${n}` }));
    const answer = await answerTo({ web: many });
    expect(answer.ok && answer.events).toHaveLength(200);
  });

  test('holds neither the token nor personal values', async () => {
    const name = `Order of jane@example.com with ${TOKEN} and 4111 1111 1111 1111`;
    const diagnostics = [{ name, description: name, solution: name }];
    const answer = await answerTo({
      web: [{ event_name: name, event_match_quality: { diagnostics } }],
    });
    const text = JSON.stringify(answer);
    expect(text).toContain('Order of');
    for (const secret of [TOKEN, 'jane', '4111']) expect(text).not.toContain(secret);
  });
});

const LONG = `no ${TOKEN} for jane@example.com. `.repeat(18_000);

describe('a failure', () => {
  test.each<[string, number, unknown, object, object]>([
    ['a token', 401, error(190), {}, { kind: 'refused', code: 190 }],
    ['a permission', 403, error(10), {}, { kind: 'refused', code: 10 }],
    ['a dataset', 400, error(100, 'no', { error_subcode: 2044055 }), {}, { kind: 'refused' }],
    ['a version', 400, error(2635), {}, { kind: 'refused', code: 2635 }],
    ['a limit', 400, error(80004), { 'retry-after': '7' }, { kind: 'throttled', waitMs: 7000 }],
    ['too many', 429, '', {}, { kind: 'throttled' }],
    [
      'Meta itself',
      500,
      error(2, 'no', { is_transient: true }),
      {},
      { kind: 'unavailable', code: 2 },
    ],
    ['a gateway', 502, '<html>', {}, { kind: 'unavailable', code: null }],
    ['a proxy that says 200', 200, '<html>', {}, { kind: 'unavailable' }],
    ['another API', 200, { data: [] }, {}, { kind: 'unavailable' }],
    ['a list', 200, [], {}, { kind: 'unavailable' }],
    ['nested 10,000 deep', 200, `{"web":${'['.repeat(10_000)}`, {}, { kind: 'unavailable' }],
    ['a megabyte', 200, 'x'.repeat(1_000_000), {}, { kind: 'unavailable' }],
    ['a megabyte of words', 400, error(10, LONG), {}, { kind: 'refused', code: 10 }],
    ['no gzip', 200, '{}', { 'content-encoding': 'gzip' }, { kind: 'unavailable' }],
    [
      'gzip that is small until it is unpacked',
      200,
      gzipSync(Buffer.alloc(50_000_000)),
      { 'content-encoding': 'gzip' },
      { kind: 'unavailable', message: expect.stringContaining('ANSWER_TOO_LARGE') },
    ],
    ['an error with status 200', 200, error(190), {}, { kind: 'refused', code: 190 }],
    ['a redirect', 302, '', { location: 'http://127.0.0.1:9/' }, { kind: 'unavailable' }],
  ])('of %s', async (_, status, body, headers, failure) => {
    const answer = await answerTo(body, status, headers);
    expect(answer).toMatchObject({ ok: false, failure });
    expect(JSON.stringify(answer).length).toBeLessThan(1000);
  });

  test('quotes neither the token nor a person', async () => {
    const answer = await answerTo(error(190, `Cannot parse ${TOKEN} of jane@example.com`), 401);
    const text = JSON.stringify(answer);
    expect(text).toContain('Cannot parse');
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain('jane');
  });

  test('of a body that never ends is cut off', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200);
      const write = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        if (!response.destroyed) response.once('drain', write);
      };
      write();
    });
    const message = expect.stringContaining('ANSWER_TOO_LARGE');
    expect(await ask(url)).toMatchObject({ ok: false, failure: { kind: 'unavailable', message } });
  });

  test('of a server that is silent ends in time', async () => {
    const url = await serve(() => {});
    const answer = await ask(url, { timeoutMs: SILENCE_MS });
    expect(answer).toMatchObject({ ok: false, failure: { kind: 'unavailable' } });
  });

  test('of no server at all', async () => {
    const answer = await ask(`http://127.0.0.1:${await freePort()}`);
    expect(answer).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining('ECONNREFUSED') },
    });
  });

  test('of a stop ends at once', async () => {
    const stopping = new AbortController();
    const url = await serve(() => stopping.abort());
    expect(await ask(url, { signal: stopping.signal })).toMatchObject({ ok: false });
  });
});
