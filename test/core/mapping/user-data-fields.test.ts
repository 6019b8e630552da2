import { expect, test } from '@jest/globals';
import { HASHED_FIELDS } from '#core/event/server-event.ts';
import { hashedField, plainFieldAt, userDataFieldsIn } from '#core/user-data/fields.ts';
import { USER_DATA } from '#core/user-data/table.ts';

test('every field of user_data has a bit of its own, whichever path it is read from', () => {
  const bits = new Map<string, Set<number>>();
  const places = USER_DATA.flatMap(({ from }) =>
    from.map((path) => path.slice(0, path.lastIndexOf('.'))),
  );
  const fields = [
    ...HASHED_FIELDS.map((field) => hashedField(field, 'userId')),
    ...[...new Set(places)].flatMap((place) => [...userDataFieldsIn(place).values()]),
  ];
  for (const { field, bit } of fields) bits.set(field, (bits.get(field) ?? new Set()).add(bit));

  expect([...bits.keys()].sort()).toEqual(
    [...new Set([...HASHED_FIELDS, ...USER_DATA.map(({ field }) => field)])].sort(),
  );
  expect([...bits.values()].filter((each) => each.size !== 1)).toEqual([]);
  const distinct = new Set([...bits.values()].flatMap((each) => [...each]));
  expect(distinct.size).toBe(bits.size);
  for (const bit of distinct) expect(Math.log2(bit) % 1).toBe(0);
});

test('a path that the table lacks has no plain field', () => {
  expect(() => plainFieldAt('context.nothing')).toThrow('no plain field at context.nothing');
  expect(() => plainFieldAt('context.traits.email')).toThrow('no plain field');
});
