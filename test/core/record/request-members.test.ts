import { expect, test } from '@jest/globals';
import { requestMembers } from '#core/record/request-members.ts';
import { requestSettings } from '#test/support/request-settings.ts';

const members = (others: Parameters<typeof requestSettings>[1]) =>
  requestMembers(requestSettings('a-token', others));

test('a request says nothing besides its events where a pixel has no settings for it', () => {
  expect(members({})).toBe('');
});

test.each([
  [{ testEventCode: 'TEST1' }, { test_event_code: 'TEST1' }],
  [{ partnerAgent: 'shop_1_0' }, { partner_agent: 'shop_1_0' }],
  [{ namespaceId: '7' }, { namespace_id: '7' }],
  [
    { uploadTag: 'Läden "Süd"', uploadId: '8', uploadSource: 'crm' },
    { upload_tag: 'Läden "Süd"', upload_id: '8', upload_source: 'crm' },
  ],
  // echo -n a-token | openssl dgst -sha256 -hmac app-secret
  [
    { appSecret: 'app-secret' },
    { appsecret_proof: 'd4e619d0666d0001c656a6afc62876121ed2fd1ddc858214e8daee9ef2a31ab9' },
  ],
])('%j', (settings, expected) => {
  expect(JSON.parse(`{"data":[]${members(settings)}}`)).toEqual({ data: [], ...expected });
});

test('never the secret itself', () => {
  expect(members({ appSecret: 'app-secret' })).not.toContain('app-secret');
});
