import { expect, test } from '@jest/globals';
import { isUnreachable } from '#kafka/fault.ts';
import { createMskSigner } from '#kafka/login/msk-signer.ts';

const region = 'eu-central-1';

test('without its package the login names it and how to install it, and is not tried again', async () => {
  const error = await createMskSigner({ region })().catch((caught: Error) => caught);
  expect(String(error)).toContain('npm install aws-msk-iam-sasl-signer-js@');
  expect(isUnreachable(error)).toBe(false);
});

test('what it signs is a token until it expires; a role is assumed where one is named', async () => {
  const asked: unknown[] = [];
  const sign = async (options: unknown) => {
    asked.push(options);
    return { token: 'signed', expiryTime: Date.now() + 900_000 };
  };
  const load = async () => ({ generateAuthToken: sign, generateAuthTokenFromRole: sign });
  const token = await createMskSigner({ region }, load)();
  expect(token).toEqual({ value: 'signed', lifetimeMs: expect.any(Number), skewMs: null });
  expect(token.lifetimeMs).toBeGreaterThan(0);
  await createMskSigner({ region, roleArn: 'arn:aws:iam::1:role/x' }, load)();
  expect(asked).toEqual([
    { region },
    { region, awsRoleArn: 'arn:aws:iam::1:role/x', awsRoleSessionName: 'capi-relay' },
  ]);
});

test.each([
  ['it finds no credentials', { generateAuthToken: () => Promise.reject(new Error('SECRET')) }],
  ['it signs nothing', { generateAuthToken: async () => ({}) }],
  ['it is another package', {}],
])('where %s the login is tried again, without the words of others', async (_, signer) => {
  const error = await createMskSigner({ region }, async () => signer)().catch((e: Error) => e);
  expect(String(error)).toContain('no credentials of AWS');
  expect(String(error)).not.toContain('SECRET');
  expect(isUnreachable(error)).toBe(true);
});
