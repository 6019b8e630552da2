import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { delivered, track } from './mapped.ts';

const PHONE = {
  app: { namespace: 'com.shop', build: '771', version: '7.7.1' },
  device: { model: 'iPhone5,1', adTrackingEnabled: true, advertisingId: 'AB-12', type: 'ios' },
  os: { name: 'iOS', version: '13.4.1' },
  locale: 'en_US',
  network: { carrier: 'AT&T' },
  screen: { width: 320, height: 568, density: 2 },
  timezone: 'America/New_York',
};

const app = (context: Record<string, unknown>, properties = {}) =>
  delivered(track({ context, properties: { action_source: 'app', ...properties } }));

describe('app_data', () => {
  test('of an app event, out of what a phone says of itself', () => {
    const { plain, user, warnings } = app(PHONE);
    expect(plain.app_data).toEqual({
      advertiser_tracking_enabled: 1,
      application_tracking_enabled: 1,
      extinfo: [
        ...['i2', 'com.shop', '771', '7.7.1', '13.4.1', 'iPhone5,1', 'en_US', '', 'AT&T'],
        ...['320', '568', '2', '', '', '', 'America/New_York'],
      ],
    });
    expect(user['madid']).toBe('AB-12');
    expect(warnings).toEqual([]);
  });

  test.each<[string, Record<string, unknown>, string | undefined]>([
    ['Android', { os: { name: 'Android', version: '14' } }, 'a2'],
    ['iPadOS', { os: { name: 'iPadOS' } }, 'i2'],
    ['the type of the device', { device: { type: 'android' } }, 'a2'],
    ['an unknown system', { os: { name: 'Symbian' } }, undefined],
    ['nothing', {}, undefined],
  ])('its version is that of the system: %s', (_case, context, expected) => {
    const { plain, warnings } = app(context);
    const extinfo = plain.app_data?.['extinfo'] as string[] | undefined;
    expect(extinfo?.[0]).toBe(expected);
    if (extinfo !== undefined) expect(extinfo).toHaveLength(16);
    else expect(warnings).toContain('incomplete_app_data context.os.name');
  });

  test('has as many parts as the reference and the comment on them say', () => {
    const extinfo = app(PHONE).plain.app_data?.['extinfo'];
    const texts = ['docs/mapping.md', 'packages/core/mapping/app-data.ts'].map((path) =>
      readFileSync(resolve(import.meta.dirname, '../../..', path), 'utf8'),
    );
    const stated = [/the (\d+) parts of `extinfo`/, /With the version there are (\d+)/].map(
      (pattern, index) => Number(pattern.exec(texts[index] ?? '')?.[1]),
    );
    for (const count of stated) expect(extinfo).toHaveLength(count);
  });

  test.each<[unknown, unknown, Record<string, unknown>]>([
    [false, undefined, { advertiser_tracking_enabled: 0, application_tracking_enabled: 0 }],
    [true, 0, { advertiser_tracking_enabled: 1, application_tracking_enabled: 0 }],
    [undefined, true, { application_tracking_enabled: 1 }],
    ['perhaps', 'perhaps', {}],
  ])('tracking is as it was allowed: %j, %j', (adTrackingEnabled, application, expected) => {
    const context = { os: { name: 'iOS' }, device: { adTrackingEnabled } };
    const { plain, custom } = app(context, { application_tracking_enabled: application });
    const { extinfo: _extinfo, ...flags } = plain.app_data ?? {};
    expect(flags).toEqual(expected);
    expect(custom).toEqual({});
  });

  test('other events have none', () => {
    const { plain } = delivered(track({ context: PHONE, properties: { action_source: 'chat' } }));
    expect(plain).not.toHaveProperty('app_data');
  });
});
