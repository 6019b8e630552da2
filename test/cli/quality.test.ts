import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters as stripped } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { renderQuality } from '#cli/quality/rendering.ts';
import type { QualityFailure } from '#core/quality/dataset-quality.ts';
import { applyAnswer, type QualityRecord } from '#core/quality/record.ts';
import { qualityReport } from '#core/quality/report.ts';
import { type RunningSandbox, startSandbox } from '#sandbox/server.ts';
import { sampleEvent } from '#test/sandbox/sample-event.ts';
import { commandAlone } from '#test/support/command-alone.ts';
import { commandHere } from '#test/support/command-here.ts';
import { eventQuality } from '#test/support/event-quality.ts';
import { inRepository } from '#test/support/in-repository.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const RULE = { criticalPercentage: 50, ignoredDiagnostics: [] };
const REFUSED: QualityFailure = {
  kind: 'refused',
  code: 10,
  subcode: null,
  message: 'No permission',
  waitMs: null,
};
const DIAGNOSTIC = {
  name: 'Mismatched IP addresses',
  description: 'They differ.',
  solution: 'Send those of the customer.',
  percentage: 61.5,
  affected: 615,
  total: 1000,
};

const told = (change = {}): QualityRecord =>
  applyAnswer(null, { ok: true, events: [eventQuality(change)] }, NOW - 180_000, 1);

function shown(record: QualityRecord | null, enabled = true): string {
  const sent = { events: 1200, fields: new Map([['em', 480]]) };
  const report = qualityReport({ pixelId: '1', record, sent, rule: RULE, now: NOW });
  return stripped(renderQuality([report], { now: NOW, enabled, width: 100 }));
}

describe('the text', () => {
  test.each<[string, string, RegExp]>([
    ['as of when', shown(told()), /^PIXEL 1 {2}as of 3 m ago$/m],
    [
      'each figure of an event',
      shown(told()),
      /Purchase +8\.2 +– +34\.1 % of 75 +99\.5 % +real time +37\.9 %/,
    ],
    ['what was queued', shown(told()), /queued \(1,200 events\) +40 % +0 %/],
    ['what Meta found', shown(told()), /Purchase +62 % +–/],
    [
      'an issue',
      shown(told({ diagnostics: [DIAGNOSTIC] })),
      /critical: Mismatched IP addresses \(Purchase, 61\.5 % of the events\)\n +→ Send those/,
    ],
    ['what to send', shown(told()), /context\.traits\.email +40 % +\+59 % +matches best/],
    [
      'why Meta refuses',
      shown(applyAnswer(told(), { ok: false, failure: REFUSED }, NOW, 1)),
      /Meta does not tell it \(code 10\): No permission\n +→ Generate/,
    ],
    ['that nothing is stored yet', shown(null), /wait for its next look/],
    ['that control does not ask', shown(null, false), /control\.quality\.enabled: true/],
    [
      'no events',
      shown(applyAnswer(null, { ok: true, events: [] }, NOW, 1)),
      /no events of a website/,
    ],
  ])('says %s', (_, text, words) => {
    expect(text).toMatch(words);
  });

  test('cannot move the cursor', () => {
    const evil = 'a\u001b[2Jb';
    const diagnostics = [{ ...DIAGNOSTIC, name: evil, solution: evil }];
    const failure = { ...REFUSED, message: evil };
    const record = applyAnswer(
      told({ eventName: evil, diagnostics }),
      { ok: false, failure },
      NOW,
      1,
    );
    const report = qualityReport({ pixelId: '1', record, sent: null, rule: RULE, now: NOW });
    expect(renderQuality([report], { now: NOW, enabled: true, width: 100 })).not.toContain(evil);
  });
});

describe('the command, asking Meta', () => {
  const TOKEN = 'token-of-the-pixel';
  let folder: string;
  let sandbox: RunningSandbox;
  let configuration: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'capi-relay-quality-'));
    const pixels = new Map([['11', new Set([TOKEN])]]);
    sandbox = await startSandbox({ port: 0, pixels });
    configuration = join(folder, 'capi-relay.json');
    await writeFile(
      configuration,
      JSON.stringify({
        kafka: { brokers: ['127.0.0.1:9'], topics: ['t'] },
        redis: { url: 'redis://127.0.0.1:9' },
        graphApi: { url: sandbox.url },
        sealing: { currentKey: 'k', keys: [{ id: 'k', key: Buffer.alloc(32).toString('base64') }] },
        pixels: ['11', '12'].map((pixelId) => ({ pixelId, accessToken: TOKEN })),
      }),
    );
    const event = sampleEvent({ event_time: Math.floor(Date.now() / 1000) });
    await fetch(`${sandbox.url}/v25.0/11/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ data: [event] }),
    });
  });

  afterAll(async () => {
    await sandbox.close();
    await rm(folder, { recursive: true });
  });

  async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const { code, out: stdout, err: stderr } = await commandHere('quality', args, { env: {} });
    return { code, stdout, stderr };
  }

  test('needs no Redis, and prints what Meta says as JSON', async () => {
    const { code, stdout } = await run('-c', configuration, '--refresh', '--pixel', '11', '--json');
    const { pixels } = JSON.parse(stdout) as { pixels: unknown[] };
    expect(pixels).toMatchObject([
      {
        pixelId: '11',
        failure: null,
        events: [{ eventName: 'ViewContent', score: 4.3 }],
        sent: {},
      },
    ]);
    expect(code).toBe(0);
  });

  test('shows a refusal with its reason beside the others, and fails', async () => {
    const { code, stdout, stderr } = await run('-c', configuration, '--refresh');
    expect(stripped(stdout)).toMatch(/ViewContent +4\.3/);
    expect(stripped(stdout)).toMatch(/PIXEL 12\n +Meta does not tell it \(code 100\)/);
    expect(stdout + stderr).not.toContain(TOKEN);
    expect(code).toBe(1);
  });

  test('without --refresh needs Redis, and says so', async () => {
    // In a process of its own, which ends although the connection is still tried.
    const args = [inRepository('services/cli/capi-relay.mjs'), 'quality', '-c', configuration];
    const env = { PATH: process.env['PATH'] };
    const { code, err } = await commandAlone(process.execPath, args, { env });
    expect(err).toMatch(
      /Redis cannot be read \(.*ECONNREFUSED.*\): run capi-relay check, or ask Meta with --refresh/,
    );
    expect(code).toBe(1);
  });

  test('refuses a pixel that is not configured', async () => {
    const { code, stderr } = await run('-c', configuration, '--pixel', '99');
    expect(stderr).toContain('--pixel 99 is not configured: use one of 11, 12');
    expect(code).toBe(2);
  });
});
