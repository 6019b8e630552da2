import { describe, expect, test } from '@jest/globals';
import type { PixelSettings } from '#core/event/pixel-settings.ts';
import { browser, delivered, track } from './mapped.ts';

const API = 'Facebook Conversions API';
const IP = { context: browser({ ip: '203.0.113.9' }) };

function use(integrations: unknown, settings: Partial<PixelSettings> = {}) {
  const { plain, warnings } = delivered(track({ ...IP, integrations }), settings);
  const { data_processing_options: options } = plain;
  const { data_processing_options_country: country, data_processing_options_state: state } = plain;
  return { sent: options === undefined ? null : [options, country, state], warnings };
}

const asking = (dataProcessingOptions: unknown) => ({ [API]: { dataProcessingOptions } });
const ON = { useLimitedDataUse: true };

describe('the settings', () => {
  test.each<[string, Partial<PixelSettings>, unknown]>([
    ['off by default', {}, null],
    ['on', ON, [['LDU'], 0, 0]],
    [
      'on for California',
      { ...ON, dataProcessingOptionsCountry: 1, dataProcessingOptionsState: 1000 },
      [['LDU'], 1, 1000],
    ],
    ['on, with nothing', { ...ON, dataProcessingOptions: [] }, [[], 0, 0]],
  ])('%s', (_case, settings, expected) => {
    expect(use(undefined, settings)).toEqual({ sent: expected, warnings: [] });
  });
});

describe('an event may say otherwise', () => {
  test.each<[string, unknown, unknown]>([
    ["Segment's example: off, explicitly", [[], 1, 1000], [[], 1, 1000]],
    ['on for California', [['LDU'], 1, 1000], [['LDU'], 1, 1000]],
    ['without country and state', [['LDU']], [['LDU'], 0, 0]],
    ['off, without country and state', [[]], [[], 0, 0]],
  ])('%s', (_case, asked, expected) => {
    expect(use(asking(asked), ON)).toEqual({ sent: expected, warnings: [] });
    expect(use(asking(asked), {})).toEqual({ sent: expected, warnings: [] });
  });

  test('under another name of the destination', () => {
    const integrations = {
      'Facebook Conversions API (Actions)': { dataProcessingOptions: [['LDU'], 1, 1000] },
    };
    expect(use(integrations).sent).toEqual([['LDU'], 1, 1000]);
  });

  test('options that ask for something else change nothing', () => {
    expect(use({ [API]: { other: 1 } }, ON).sent).toEqual([['LDU'], 0, 0]);
    expect(use({ [API]: { other: 1 } }).sent).toBeNull();
  });

  test.each([
    ['LDU'],
    [['LDU', 1, 1000]],
    [[['FOO'], 1, 1000]],
    [[['LDU'], 2, 1000]],
    [[['LDU'], 1, 12]],
    [[['LDU'], 1, 'CA']],
    [{}],
    [true],
    [[]],
  ])('what cannot be read is limited use all the same: %j', (asked) => {
    expect(use(asking(asked))).toEqual({
      sent: [['LDU'], 0, 0],
      warnings: [`invalid_data_processing_options integrations.${API}.dataProcessingOptions`],
    });
  });
});

test('without an IP address Meta cannot geolocate, and a warning says so', () => {
  expect(delivered(track(), ON).warnings).toEqual(['limited_data_use_without_ip context.ip']);
  const settings = { ...ON, dataProcessingOptionsCountry: 1, dataProcessingOptionsState: 1000 };
  expect(delivered(track(), settings).warnings).toEqual([]);
});
