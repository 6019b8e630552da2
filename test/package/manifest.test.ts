import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { manifestOf } from '#package/manifest.ts';
import { inRepository } from '#test/support/in-repository.ts';

const checkout = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));

test('under the name of the checkout it cannot be published, and under another one it can', () => {
  expect(manifestOf(checkout, null)).toMatchObject({ name: checkout.name, private: true });
  const named = manifestOf(checkout, '@example/capi-relay');
  expect(named.name).toBe('@example/capi-relay');
  expect(named).not.toHaveProperty('private');
});

test('its imports lead to compiled files and to their types, and only of what it contains', () => {
  const { imports } = manifestOf(checkout, null);
  expect(imports['#core/*.ts']).toEqual({
    types: './packages/core/*.d.ts',
    default: './packages/core/*.js',
  });
  expect(Object.keys(imports)).toContain('#worker/*.ts');
  expect(Object.keys(imports).join()).not.toMatch(/test|local|grafana|docs|package/);
});

test('what an installation may add is not installed by itself', () => {
  const { peerDependencies, peerDependenciesMeta } = manifestOf(checkout, null);
  expect(Object.keys(peerDependencies)).toEqual(['aws-msk-iam-sasl-signer-js']);
  for (const name of Object.keys(peerDependencies)) {
    expect(peerDependenciesMeta[name]).toEqual({ optional: true });
  }
});

test('nothing in it belongs to development alone', () => {
  const { dependencies } = manifestOf(checkout, null);
  for (const name of Object.keys(checkout.devDependencies)) {
    expect(dependencies).not.toHaveProperty([name]);
  }
  expect(dependencies).not.toHaveProperty('node');
  expect(manifestOf(checkout, null)).not.toHaveProperty('scripts');
});

test('its manual page is among its files', () => {
  const { man } = manifestOf(checkout, null);
  expect(man.map((file) => existsSync(inRepository(file)))).toEqual([true]);
});
