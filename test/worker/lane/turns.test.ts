import { expect, test } from '@jest/globals';
import { Turns } from '#worker/lane/turns.ts';

test('much work that becomes due at once goes in order, and a timer comes in between', async () => {
  const turns = new Turns();
  const order: (number | string)[] = [];
  const work = Array.from({ length: 20 }, async (_, n) => {
    await turns.next();
    order.push(n);
    const until = performance.now() + 2;
    while (performance.now() < until);
  });
  setTimeout(() => order.push('timer'), 5);
  await Promise.all(work);
  expect(order.filter((each) => each !== 'timer')).toEqual([...Array(20).keys()]);
  expect(order.indexOf('timer')).toBeLessThan(20);
});
