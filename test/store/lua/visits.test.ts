import { expect, test } from '@jest/globals';
import { commandsOf } from '#store/lua/visits.ts';

const asking = (...most: number[]) => most.map((each) => ({ visit: { most: each } }));

test.each<[string, number[], number[]]>([
  ['none', [], []],
  ['one', [8], [1]],
  ['as many quiet queues as one command visits', Array(50).fill(1), [50]],
  ['one more', Array(51).fill(1), [50, 1]],
  ['deep queues', Array(20).fill(8), [8, 8, 4]],
  ['a queue that is asked for more than a command fetches', [1, 100, 1], [1, 1, 1]],
  ['queues of all kinds', [1, 32, 32, 1, 1, 64, 1], [2, 3, 1, 1]],
])('%s: what one command fetches is bounded', (_, most, sizes) => {
  const visits = asking(...most);
  const commands = commandsOf(visits);
  expect(commands.map(({ length }) => length)).toEqual(sizes);
  expect(commands.flat()).toEqual(visits);
});
