import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { renderDetails, renderReplayPreviews } from '#cli/dead-letters/details.ts';
import type { Configuration } from '#config/configuration.ts';
import { parsePixelSettings } from '#config/load.ts';
import { eventPage } from '#control/pages/event.ts';
import { jsonText } from '#core/event/json-text.ts';
import { readMessage, writeMessage } from '#core/event/kafka-message.ts';
import { NO_NAMES } from '#core/pixel-names.ts';
import { relayCommand } from '#local/relay-process.ts';
import {
  applyEdits,
  changedFixed,
  differenceLines,
  differencesOf,
  editable,
  withEvent,
} from '#store/dead-letters/edit.ts';
import { contentOf, maskedDifferences } from '#store/dead-letters/masking.ts';
import { previewReplay } from '#store/dead-letters/replay/preview.ts';
import { facts, NOW } from '#test/control/facts.ts';

const PIXEL = '1234567890';
const VISIT = { now: NOW, mayAct: true, names: NO_NAMES };

function configuration(): Configuration {
  const parsed = parsePixelSettings({ pixelId: PIXEL });
  if (!parsed.ok) throw new Error('settings refused');
  const pixels = [{ ...parsed.settings, events: {} }];
  return { pixels, ingest: { maxMessageBytes: 10_000_000 } } as unknown as Configuration;
}

/** As a sender nests it, in a property and in a trait. */
function deepEvent(levels: number): string {
  const deep = `${'{"a":['.repeat(levels / 2)}"x"${']}'.repeat(levels / 2)}`;
  return `{"type":"track","event":"Lead","timestamp":"${new Date(NOW).toISOString()}","userId":"u-1","properties":{"deep":${deep},"value":1},"context":{"traits":{"email":${deep}}}}`;
}

describe.each([3000, 100_000])('a dead letter of %i levels', (levels) => {
  const original = deepEvent(levels);
  const content = writeMessage({ key: null, value: Buffer.from(original), headers: {} });
  const letter = facts({
    pixelId: PIXEL,
    stage: 'ingest',
    holds: 'message',
    refusal: null,
    horizon: null,
    replays: 0,
    unknown: false,
  });
  const opened = { facts: letter, content };

  test('is shown, masked, with what is nested deep left out', () => {
    const masked = contentOf(opened, false);
    const shown = renderDetails(letter, masked, NOW);
    expect(shown).toContain('…');
    expect(shown.length).toBeLessThan(30_000);
    const page = eventPage(letter, { content: masked, previews: [] }, VISIT);
    expect(JSON.stringify(page.body)).toContain('…');
  });

  test('is revealed as it was', () => {
    const revealed = contentOf(opened, true);
    expect('content' in revealed && jsonText(revealed.content) === original).toBe(true);
    expect(renderDetails(letter, revealed, NOW).replace(/\s/g, '')).toContain(
      original.slice(-100).replace(/\s/g, ''),
    );
  });

  test('is judged for a replay, and looked at beside what it becomes', () => {
    const options = { reveal: false, now: NOW };
    const previews = previewReplay(letter, content, configuration(), options);
    expect(previews).toMatchObject([{ outcome: 'deliver' }]);
    expect(renderReplayPreviews(previews)).toContain('it would be sent');
    const page = eventPage(letter, { content: contentOf(opened, false), previews }, VISIT);
    expect(JSON.stringify(page.body)).toContain('it would be sent');
  });

  test('is edited: only what was asked for changes, and the difference is short', () => {
    const before = editable('message', content);
    if (before === null) throw new Error('not editable');
    const event = applyEdits(before, [
      { path: ['properties', 'value'], value: 2 },
      { path: ['properties', 'deep', 'b'], value: 'new' },
    ]);
    if (typeof event === 'string') throw new Error(event);
    expect(changedFixed('message', before, event)).toEqual([]);
    const differences = differencesOf(before, event);
    expect(differences.map(({ path }) => path.join('.'))).toEqual([
      'properties.deep.b',
      'properties.value',
    ]);
    expect(differenceLines(maskedDifferences('message', differences)).join().length).toBeLessThan(
      500,
    );
    const after = readMessage(withEvent('message', content, event)).value?.toString() ?? '';
    expect(
      after ===
        original.replace(/"value":1/, '"value":2').replace(/\]\},"value"/, '],"b":"new"},"value"'),
    ).toBe(true);
    expect(jsonText(before) === original).toBe(true);
  });

  test('may be replaced as a whole, whatever its depth', () => {
    const before = editable('message', content);
    const lines = differenceLines(maskedDifferences('message', differencesOf(before, {})));
    expect(lines.join('\n').length).toBeLessThan(20_000);
  });
});

test('preview judges events of any depth, alone and with settings', async () => {
  const event = deepEvent(100_000);
  const settings = `{"pixelId":"${PIXEL}"}`;
  const deepSettings = `{"pixelId":"${PIXEL}","eventMappings":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`;
  const input = [
    `{"settings":${settings},"event":${event},"now":"${new Date(NOW).toISOString()}"}`,
    `{"settings":${deepSettings},"event":{"type":"track","event":"Lead"}}`,
    `{"settings":${settings},"event":{"type":"track","event":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
  ];
  const { command, args } = relayCommand('cli/preview/main.ts');
  for (const flags of [['--json'], []]) {
    const child = spawn(command, [...args, ...flags], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(`${input.join('\n')}\n`);
    const out = await text(child.stdout);
    const outcomes = out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { outcome: string }).outcome);
    expect(outcomes).toEqual(['deliver', 'reject', 'reject']);
  }
});
