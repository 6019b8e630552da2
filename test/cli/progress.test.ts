import { describe, expect, test } from '@jest/globals';
import { showProgress } from '#cli/output/progress.ts';

function watch(total: number | null, isTTY: boolean) {
  const written: string[] = [];
  let now = 0;
  const out = { isTTY, write: (text: string) => written.push(text) };
  const progress = showProgress(total, { out, clock: () => now });
  const at = (ms: number, done: number): void => {
    now = ms;
    progress.report(done, (rate) => `${done} messages, ${rate} per second`);
  };
  return { written, at, end: progress.end };
}

describe('without a terminal', () => {
  test('there is a plain line every two seconds', () => {
    const { written, at, end } = watch(10_000, false);
    at(500, 1_000);
    at(2_000, 4_000);
    at(3_999, 7_000);
    at(4_000, 8_000);
    end();
    expect(written).toEqual([
      '4000 messages, 2000 per second\n',
      '8000 messages, 2000 per second\n',
    ]);
  });

  test('an unknown total is not mentioned', () => {
    const { written, at } = watch(null, false);
    at(2_000, 4_000);
    expect(written).toEqual(['4000 messages, 2000 per second\n']);
  });
});

describe('on a terminal', () => {
  test('the bar is redrawn in place, and cleared at the end', () => {
    const { written, at, end } = watch(100, true);
    at(50, 10);
    at(100, 50);
    end();
    expect(written).toEqual([
      `\r\x1b[2K${'█'.repeat(10)}${'░'.repeat(10)}  50%  50 messages, 500 per second`,
      '\r\x1b[2K',
    ]);
  });

  test('more than was promised is a full bar', () => {
    const { written, at } = watch(100, true);
    at(100, 150);
    expect(written[0]).toContain(`${'█'.repeat(20)} 100%  150`);
  });
});
