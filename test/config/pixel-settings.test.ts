import { describe, expect, test } from '@jest/globals';
import type { PixelConfiguration } from '#config/configuration.ts';
import { type ParsedPixelSettings, parsePixelSettings } from '#config/load.ts';
import { DEFAULT_PIXEL_SETTINGS, type PixelSettings } from '#core/event/pixel-settings.ts';

type Settings = Extract<ParsedPixelSettings, { ok: true }>['settings'];

/** Compiles only if both have the same keys. */
type SameKeys<A, B> = [keyof A, keyof B] extends [keyof B, keyof A] ? true : never;

describe('the settings of a pixel', () => {
  test('are what the mapping takes, no more and no less', () => {
    const sameKeys: SameKeys<Settings, PixelSettings> = true;
    const settings: (parsed: Settings) => PixelSettings = (parsed) => parsed;
    const configured: (pixel: PixelConfiguration) => PixelSettings = (pixel) => pixel;
    expect([sameKeys, settings, configured]).toBeDefined();
  });

  test.each([
    ['nothing', {}, '0'],
    ['an id', { pixelId: '5' }, '5'],
    [
      'a whole pixel of the configuration file',
      { pixelId: '5', accessToken: 1, accessTokenFile: 'x', testEventCode: 'T', events: {} },
      '5',
    ],
  ])('have the defaults of the mapping, given %s', (_, given, pixelId) => {
    expect(parsePixelSettings(given)).toEqual({
      ok: true,
      settings: { ...DEFAULT_PIXEL_SETTINGS, pixelId },
    });
  });

  test.each([
    ['a currency in lower case', { defaultCurrency: ' eur' }, { defaultCurrency: 'EUR' }],
    ['a country in lower case', { defaultCountry: 'de' }, { defaultCountry: 'DE' }],
    ['no country', { defaultCountry: null }, { defaultCountry: null }],
    [
      'a field that was left blank',
      { alternativeExternalIdField: '' },
      { alternativeExternalIdField: null },
    ],
    [
      'consent with its defaults',
      { consent: { anyOf: ['A'] } },
      {
        consent: {
          allOf: [],
          anyOf: ['A'],
          paths: ['context.consent.categoryPreferences'],
          format: 'auto',
        },
      },
    ],
    ['options of none', { dataProcessingOptions: [] }, { dataProcessingOptions: [] }],
  ])('take %s', (_, given, settings) => {
    expect(parsePixelSettings(given)).toMatchObject({ ok: true, settings });
  });

  test.each([
    ['a misspelt key', { eventMapping: {} }, 'eventMapping', 'did you mean eventMappings?'],
    ['a number as id', { pixelId: 5 }, 'pixelId', 'put it in quotes'],
    [
      'a country for the state',
      { dataProcessingOptionsState: 1 },
      'dataProcessingOptionsState',
      '0',
    ],
    ['an unknown preset', { eventMappingPresets: ['all'] }, 'eventMappingPresets[0]', 'extended'],
    ['hashing the currency', { customDataHashList: ['currency'] }, 'customDataHashList[0]', 'Deny'],
    ['consent to nothing', { consent: {} }, 'consent', 'list categories in allOf or anyOf'],
    [
      'consent in an unknown shape',
      { consent: { allOf: ['A'], format: 'json' } },
      'consent.format',
      'tcString',
    ],
    [
      'a category that is a number',
      { consent: { allOf: [1] } },
      'consent.allOf[0]',
      'put it in quotes',
    ],
    ['no object', 'x', 'the file', 'write a mapping'],
  ])('are refused for %s', (_, given, path, fix) => {
    expect(parsePixelSettings(given)).toMatchObject({
      ok: false,
      problems: [{ path, fix: expect.stringContaining(fix) }],
    });
  });
});
