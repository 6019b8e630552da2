import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { appSecretProof } from '#core/record/request-members.ts';
import { openSandbox, type SandboxClient } from '#test/sandbox/client.ts';
import { bareEnvironment } from '#test/support/bare-environment.ts';
import { commandAlone } from '#test/support/command-alone.ts';
import { commandHere } from '#test/support/command-here.ts';
import { inRepository } from '#test/support/in-repository.ts';

const COMMAND = inRepository('services/cli/capi-relay.mjs');
const PIXEL = '1234567890';
const TOKEN = 'EAAB0123456789abcdef';

let sandbox: SandboxClient;
let folder = '';

beforeAll(async () => {
  sandbox = await openSandbox({ now: Date.now });
  folder = await mkdtemp(join(tmpdir(), 'send-'));
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await sandbox.request('DELETE', '/_sandbox/behaviour');
  await sandbox.request('POST', '/_sandbox/reset');
});

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(
  args: readonly string[],
  input: string,
  own: Record<string, string> = {},
): Promise<Result> {
  const env = { ...environment(), ...own };
  const { code, out: stdout, err: stderr } = await commandHere('send', args, { env, input });
  return { code, stdout, stderr };
}

function environment(): Record<string, string> {
  return { GRAPH_API_URL: sandbox.url, CAPI_RELAY_ACCESS_TOKEN: TOKEN };
}

/** In a process of its own, which takes signals. */
async function runAlone(
  args: readonly string[],
  input: string,
  own: Record<string, string>,
  onStart: (child: ChildProcess) => void,
): Promise<Result> {
  const env = bareEnvironment({ ...environment(), ...own });
  const all = [COMMAND, 'send', ...args];
  const ended = await commandAlone(process.execPath, all, { env, input, onStart });
  return { code: ended.code, stdout: ended.out, stderr: ended.err };
}

const event = (more: object = {}) => ({
  type: 'track',
  event: 'Order Completed',
  messageId: 'm-1',
  userId: 'u-1',
  timestamp: new Date().toISOString(),
  context: {
    ip: '203.0.113.9',
    userAgent: 'Mozilla/5.0',
    page: { url: 'https://shop.example/thanks' },
    traits: { email: 'jane@example.com' },
  },
  properties: { revenue: 12.5, currency: 'EUR' },
  ...more,
});

const linesOf = (...events: unknown[]): string =>
  events.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join('\n');

const answersIn = ({ stdout }: Result): Record<string, unknown>[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const reads = async (): Promise<Record<string, unknown>> => sandbox.state(PIXEL);

describe('send', () => {
  test('sends one event over several lines as a test event, and names its trace id', async () => {
    const args = ['--pixel', PIXEL, '--test-event-code', 'TEST1'];
    const { code, stdout, stderr } = await run(args, JSON.stringify(event(), null, 2));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^line 1 {2}Purchase {2}delivered {2}pixel 1234567890\n/);
    expect(stdout).toMatch(/trace id \w+/);
    expect(stdout).toContain('1 answer: 1 delivered.');
    expect(stderr).toMatch(/^Sending 1 event to 127\.0\.0\.1:\d+, v\d+\.0, with TEST1\.\n$/);
    expect(await reads()).toMatchObject({ accepted: 1, test: 1, byName: { Purchase: 1 } });
  });

  test('announces the test event code that a rule gives an event', async () => {
    const when = { path: 'event', equals: 'Order Completed' };
    const eventRules = [{ when, eventName: 'Lead', instead: true, testEventCode: 'TEST7' }];
    const line = JSON.stringify({ settings: { pixelId: PIXEL, eventRules }, event: event() });
    const { stderr } = await run(['--pixel', PIXEL], `${line}\n`);
    expect(stderr).toMatch(/^Sending 1 event to .*, with TEST7\.\n$/);
    expect(await reads()).toMatchObject({ accepted: 1, test: 1, byName: { Lead: 1 } });
  });

  test('answers each line as JSON, and sends the good ones beside bad ones', async () => {
    const input = linesOf(
      event(),
      '',
      '{"type":',
      { type: 'identify' },
      { type: 'track', event: 'A' },
    );
    const result = await run(['--pixel', PIXEL, '--json'], `${input}\n`);
    const answers = answersIn(result);
    expect(answers.map(({ line, outcome, reason }) => [line, outcome, reason])).toEqual([
      [1, 'delivered', null],
      [3, 'reject', 'invalid_event'],
      [4, 'filter', 'not_track'],
      [5, 'reject', 'missing_user_data'],
    ]);
    expect(answers[0]).toMatchObject({ eventId: 'm-1', eventName: 'Purchase', error: null });
    expect(answers.slice(1).map(({ todo }) => todo)).not.toContain('');
    expect(result.code).toBe(1);
    expect(await reads()).toMatchObject({ accepted: 1 });
  });

  test('explains a refusal, without the token or personal data', async () => {
    await sandbox.behave({ kind: 'token_expired', pixel: PIXEL });
    const result = await run(['--pixel', PIXEL, '--json'], linesOf(event()));
    const [answer] = answersIn(result);
    expect(answer).toMatchObject({
      outcome: 'blocked',
      message:
        'the token expired, was revoked or is wrong (subcodes 458, 459, 460, 463, 464, 467, 492 say which)',
      todo: 'Generate a new access token in Events Manager, and use that.',
      error: { status: 401, code: 190 },
    });
    expect(result.code).toBe(1);
    expect(result.stdout + result.stderr).not.toMatch(/EAAB|jane|203\.0\.113/);
  });

  test('selects pixels as the configuration says; --pixel narrows it down', async () => {
    const config = join(folder, 'capi-relay.json');
    const pixel = (pixelId: string, source: string) => ({
      pixelId,
      accessToken: TOKEN,
      events: { where: { 'context.source': source } },
    });
    await writeFile(
      config,
      JSON.stringify({
        kafka: { brokers: ['127.0.0.1:9'], topics: ['track-events'] },
        redis: { url: 'redis://127.0.0.1:9' },
        sealing: 'off',
        pixels: [
          pixel('11', 'eu'),
          { ...pixel('12', 'eu'), partnerAgent: 'agent-1', appSecret: 'secret-of-the-app' },
          pixel('13', 'us'),
        ],
      }),
    );
    const { context } = event();
    const input = linesOf(event({ context: { ...context, source: 'eu' } }));
    const all = answersIn(await run(['--config', config, '--json'], input));
    expect(all.map(({ pixelId, outcome }) => [pixelId, outcome])).toEqual([
      ['11', 'delivered'],
      ['12', 'delivered'],
    ]);
    const one = answersIn(await run(['--config', config, '--pixel', '12', '--json'], input));
    expect(one.map(({ pixelId }) => pixelId)).toEqual(['12']);
    const { json } = await sandbox.request('GET', '/_sandbox/last?pixel=12');
    expect(json).toMatchObject({
      partner_agent: 'agent-1',
      appsecret_proof: appSecretProof(TOKEN, 'secret-of-the-app'),
    });
    const other = answersIn(await run(['--config', config, '--pixel', '13', '--json'], input));
    expect(other.map(({ outcome, reason }) => [outcome, reason])).toEqual([['filter', 'no_pixel']]);
    const stranger = await run(['--config', config, '--pixel', '99'], input);
    expect(stranger.stderr).toContain('99 is not a pixel of the configuration → one of 11, 12, 13');
  });

  test.each([
    ['more events than it takes', Array(101).fill('{}').join('\n'), 'more than 100 events'],
    ['no event', '\n', 'there is no event to send'],
    [
      'a pixel without a token among the good ones',
      linesOf(event(), { settings: { pixelId: '77' }, event: event() }),
      'line 2: there is no access token for pixel 77',
    ],
  ])('%s: nothing is sent', async (_name, input, message) => {
    const { code, stdout, stderr } = await run(['--pixel', PIXEL], input);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(await reads()).toEqual({});
  });

  test.each([
    ['no recipient', [], {}, 'no recipient: give --config FILE, or --pixel ID'],
    ['no token', ['--pixel', '1'], { CAPI_RELAY_ACCESS_TOKEN: '' }, 'access'],
    ['a pixel id with letters', ['--pixel', '1x'], {}, 'pixelId: must be a pixel id'],
    [
      'a URL without TLS',
      ['--pixel', '1'],
      { GRAPH_API_URL: 'http://graph.example' },
      'plain text',
    ],
  ])('%s is wrong usage', async (_name, args, env, message) => {
    const { code, stderr } = await run(args, linesOf(event()), env as Record<string, string>);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('a server that cannot be reached is said once', async () => {
    const env = { GRAPH_API_URL: 'http://127.0.0.1:9' };
    const { code, stdout } = await run(['--pixel', PIXEL], linesOf(event()), env);
    expect(code).toBe(1);
    expect(stdout.match(/no answer: network \(ECONNREFUSED\)/g)).toHaveLength(1);
    expect(stdout).toContain('→ Check graphApi.url and the network');
  });

  /** Runs it against a server that answers like this, the token in its words or not. */
  async function runAgainst(
    listener: RequestListener,
    input: string,
    { args = [], onStart }: { args?: string[]; onStart?: (child: ChildProcess) => void } = {},
  ): Promise<Result> {
    const server = createServer((request, response) => {
      request.resume().on('end', () => listener(request, response));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const env = { GRAPH_API_URL: `http://127.0.0.1:${port}` };
    const all = ['--pixel', PIXEL, ...args];
    try {
      if (onStart !== undefined) return await runAlone(all, input, env, onStart);
      return await run(all, input, env);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  test('an answer of a megabyte, or of no known form, is judged and printed in a few lines', async () => {
    const word = `${TOKEN}jane@example.com`;
    const long = word.repeat(900_000 / word.length);
    const answers: [status: number, body: string, headers?: Record<string, string>][] = [
      [400, JSON.stringify({ error: { code: 100, message: long, fbtrace_id: word } })],
      [
        200,
        JSON.stringify({
          events_received: 1,
          fbtrace_id: long,
          messages: Array(500).fill(`a ${word}`),
        }),
      ],
      [200, long.repeat(2)],
      [502, `<html>${long}</html>`],
      [200, '{"events_received":1'],
      [200, 'no gzip', { 'content-encoding': 'gzip' }],
    ];
    const events = answers.map((_, at) => event({ messageId: `m-${at}` }));
    const left = [...answers];
    const result = await runAgainst(
      (_, response) => {
        const [status, body, headers] = left.shift() ?? [500, ''];
        response.writeHead(status, headers).end(body);
      },
      linesOf(...events),
    );
    expect(result.code).toBe(1);
    expect(left).toEqual([]);
    const titles = result.stdout.match(/^line \d.*$/gm)?.map((title) => title.split(/ {2}/)[2]);
    expect(titles).toEqual(['rejected', 'delivered', 'retry', 'retry', 'retry', 'retry']);
    expect(result.stdout.length).toBeLessThan(10_000);
    expect(result.stdout + result.stderr).not.toMatch(/EAAB0123|jane/);
  });

  test('Ctrl-C: the request under way may have been accepted, and what was not sent is named', async () => {
    let child: ChildProcess | null = null;
    let asked = 0;
    const result = await runAgainst(
      (_, response) => {
        asked += 1;
        if (asked === 1) response.end('{"events_received":1,"messages":[]}');
        else child?.kill('SIGINT');
      },
      linesOf(event(), event({ messageId: 'm-2' }), event({ messageId: 'm-3' }), event()),
      {
        onStart(its) {
          child = its;
        },
      },
    );
    expect({ code: result.code, asked }).toEqual({ code: 130, asked: 2 });
    expect(result.stdout.match(/^line \d.*$/gm)).toEqual([
      expect.stringMatching(/^line 1 {2}Purchase {2}delivered/),
      expect.stringMatching(/^line 2 {2}Purchase {2}retry/),
    ]);
    expect(result.stdout).toContain('→ Meta may have accepted it. Sending it again is safe');
    expect(result.stdout).toContain('2 answers: 1 delivered, 1 retry.');
    expect(result.stderr).toContain('Interrupted: 2 of 4 were not sent, from line 3 on.\n');
  });
});
