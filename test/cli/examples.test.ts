import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '#config/load.ts';
import { bareEnvironment } from '#test/support/bare-environment.ts';
import { commandHere } from '#test/support/command-here.ts';
import { inRepository } from '#test/support/in-repository.ts';

const FOLDER = inRepository('docs/examples');

const examples = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** When the events of the examples are mapped, as their page says. */
const NOW = '2026-11-20T12:00:00Z';

const VARIABLES = {
  CAPI_RELAY_ACCESS_TOKEN: 'none',
  CAPI_RELAY_ACCESS_TOKEN_EU: 'none',
  CAPI_RELAY_ACCESS_TOKEN_US: 'none',
  CAPI_RELAY_SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
};

test('the page of the examples lists each of them', () => {
  const page = readFileSync(join(FOLDER, 'README.md'), 'utf8');
  const listed = [...page.matchAll(/^\| \[([\w-]+)\]\(\1\) \|/gm)].map(([, name]) => name);
  expect(listed.toSorted()).toEqual(examples.toSorted());
  expect(examples.length).toBeGreaterThan(3);
});

describe.each(examples)('%s', (name) => {
  const folder = join(FOLDER, name);
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

  test('its configuration is valid', async () => {
    const { pixels } = await loadConfiguration(join(folder, 'capi-relay.yaml'), VARIABLES);
    expect(pixels.length).toBeGreaterThan(0);
  });

  test('its events become what it says', async () => {
    const files = ['--config', join(folder, 'capi-relay.yaml'), join(folder, 'events.jsonl')];
    const args = ['--now', NOW, '--json', ...files];
    const { code, out, err } = await commandHere('preview', args, {
      env: bareEnvironment(VARIABLES),
    });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(read('preview.jsonl'));
    expect(out.split('\n').some((line) => line.startsWith('{"outcome":"deliver"'))).toBe(true);
  });
});
