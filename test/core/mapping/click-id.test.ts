import { describe, expect, test } from '@jest/globals';
import { browser, delivered, NOW, track } from './mapped.ts';

const FBC = 'fb.1.1795082341205.AbCdEfGhIjKlMnOpQrStUvWxYz1234567890';
const FBP = 'fb.1.1558571054389.1098115397';
const HAPPENED_MS = NOW - 60_000;

const visit = (search: string, properties = {}) =>
  track({ context: browser({ page: { url: `https://shop.example/${search}` } }), properties });

describe('given', () => {
  test.each([
    ["Meta's example of fbc", 'fbc', FBC],
    ["Meta's example of fbp", 'fbp', FBP],
    ['of the parameter builder, with a fifth part', 'fbc', `${FBC}.AQ`],
    ['of the parameter builder, with a fifth part', 'fbp', `${FBP}.AQECAQAA`],
    ['of a subdomain', 'fbc', FBC.replace('fb.1', 'fb.2')],
    ['with dashes and underscores', 'fbc', 'fb.1.1795082341205.IwAR2F4-dbP0l7Mn1_aem_x-Y'],
  ])('%s', (_case, field, value) => {
    const { user, custom, warnings } = delivered(track({ properties: { [field]: value } }));
    expect(user[field]).toBe(value);
    expect(custom).toEqual({});
    expect(warnings).toEqual([]);
    expect(delivered(track({ context: browser({ [field]: value }) })).user[field]).toBe(value);
  });

  test('properties come before the context', () => {
    const other = FBC.toLowerCase();
    const event = track({ context: browser({ fbc: other }), properties: { fbc: FBC } });
    expect(delivered(event).user['fbc']).toBe(FBC);
  });

  test.each([
    'AbCdEf',
    'fb.1.1795082341205',
    'fb.1.1554763741.AbC',
    'fb.1.17950823412050.AbC',
    'fb.x.1795082341205.AbC',
    'fb.1.1795082341205.Ab C',
    'fb.1.1795082341205.Ab.C.D',
    'FB.1.1795082341205.AbC',
    `fb.1.1795082341205.${'x'.repeat(700)}`,
    5,
    {},
    'a'.repeat(64),
  ])('a malformed one is dropped, because Meta refuses the request for it: %j', (value) => {
    for (const field of ['fbc', 'fbp']) {
      const { user, custom, warnings } = delivered(track({ properties: { [field]: value } }));
      expect(user).not.toHaveProperty(field);
      expect(custom).toEqual({});
      expect(warnings).toEqual([`invalid_${field} properties.${field}`]);
    }
  });

  test('letters are no random number', () => {
    const { user } = delivered(track({ properties: { fbp: FBC } }));
    expect(user).not.toHaveProperty('fbp');
  });
});

describe('from the address of the page', () => {
  test.each([
    ['alone', '?fbclid=IwAR2_x-Y', 'IwAR2_x-Y'],
    ['among others', '?utm_source=a&fbclid=AbC&b=1', 'AbC'],
    ['before a fragment', '?fbclid=AbC#top', 'AbC'],
    ['encoded', '?fbclid=Ab%2DC', 'Ab-C'],
    ['not the end of another name', '?xfbclid=no&fbclid=AbC', 'AbC'],
  ])('%s', (_case, search, click) => {
    const { user, warnings } = delivered(visit(search));
    expect(user['fbc']).toBe(`fb.1.${HAPPENED_MS}.${click}`);
    expect(warnings).toEqual([]);
  });

  test('its time is the time of the event, not now', () => {
    const timestamp = NOW - 86_400_000 + 123;
    const { user } = delivered({ ...visit('?fbclid=AbC'), timestamp });
    expect(user['fbc']).toBe(`fb.1.${timestamp}.AbC`);
  });

  test('what is given comes first', () => {
    expect(delivered(visit('?fbclid=Other', { fbc: FBC })).user['fbc']).toBe(FBC);
  });

  test('it stands in for a malformed one', () => {
    expect(delivered(visit('?fbclid=AbC', { fbc: 'x' })).user['fbc']).toBe(
      `fb.1.${HAPPENED_MS}.AbC`,
    );
  });

  test.each(['?a=1', '?fbclid=', '?xfbclid=a', '', '#fbclid=AbC'])('none in %j', (search) => {
    const { user, warnings } = delivered(visit(search));
    expect(user).not.toHaveProperty('fbc');
    expect(warnings).toEqual([]);
  });

  test.each(['?fbclid=a b', '?fbclid=%C3%A4', `?fbclid=${'a'.repeat(700)}`])(
    'a malformed one is dropped: %j',
    (search) => {
      const { user, warnings } = delivered(visit(search));
      expect(user).not.toHaveProperty('fbc');
      expect(warnings).toEqual(['invalid_fbc context.page.url']);
    },
  );
});
