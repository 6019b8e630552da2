import { describe, expect, test } from '@jest/globals';
import { accepted, envelopeOf, laneDeps, tokenRefused } from '#test/support/lane-deps.ts';
import { requestSettings } from '#test/support/request-settings.ts';
import { PixelLane, type WorkerPixel } from '#worker/lane/lane.ts';

const PIXEL: WorkerPixel = { pixelId: '1', weight: 1, ...requestSettings('old') };
const RENEWED: WorkerPixel = { ...PIXEL, accessToken: 'new' };

function laneOf(post?: Parameters<typeof laneDeps>[0]) {
  const lanes = laneDeps(post);
  const lane = new PixelLane(PIXEL, null, new AbortController().signal, lanes.deps);
  const handle = async (id: string, events = 3) => {
    await lanes.queues.get('1')?.(envelopeOf('1', id, events));
  };
  return { ...lanes, lane, handle };
}

describe('a lane', () => {
  test('delivers and settles the envelopes of its queue', async () => {
    const { handle, settled, errors, states } = laneOf();
    await Promise.all([handle('a'), handle('b', 5)]);
    expect(settled.toSorted()).toEqual([
      'a: 3 delivered, 0 left: done',
      'b: 5 delivered, 0 left: done',
    ]);
    expect([errors, states]).toEqual([[], ['1 active']]);
  });

  test('keeps what a refused token holds up, and delivers it with a new one', async () => {
    const { lane, handle, settled, board } = laneOf((token) =>
      token === 'old' ? tokenRefused() : accepted(),
    );
    await handle('a');
    expect(settled).toEqual(['a: 0 delivered, 3 left: release']);
    expect(lane.state.phase).toBe('halted');
    await lane.renew(PIXEL);
    expect(lane.state.phase).toBe('probing');
    await lane.renew(RENEWED);
    await handle('a');
    expect(settled.slice(1)).toEqual(['a: 3 delivered, 0 left: done']);
    expect([lane.state.phase, board.size]).toEqual(['active', 0]);
  });

  test('that closes waits for the request under way, and releases the rest unopened', async () => {
    let answer = (): void => {};
    const { lane, handle, settled, queues } = laneOf(
      () =>
        new Promise((resolve) => {
          answer = () => resolve(accepted());
        }),
    );
    const fetched = queues.get('1');
    const sent = handle('sent');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await lane.close();
    await fetched?.(envelopeOf('1', 'late', 2));
    expect(settled).toEqual(['late: 0 delivered, 2 left: release']);
    answer();
    await sent;
    expect(settled.slice(1)).toEqual(['sent: 3 delivered, 0 left: done']);
    expect(queues.size).toBe(0);
  });
});
