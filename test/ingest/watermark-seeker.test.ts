import { describe, expect, test } from '@jest/globals';
import { WatermarkSeeker } from '#ingest/kafka/watermark-seeker.ts';
import type { Watermark } from '#store/intake/watermarks.ts';
import { RedisWork } from '#store/redis-fault.ts';

const A = 'AAAAAAAAAAAAAAAAAAAAAA';
const B = 'BBBBBBBBBBBBBBBBBBBBBB';
const FLOOR = 7;

function at(offset: number, topicId: string | null = A, haltedAt: number | null = null): Watermark {
  return { offset, topicId, haltedAt };
}

/** A seeker of partition 0 of topic t, with everything that it does in order. */
function seeking(options: { watermark: Watermark | null; topicId?: string | null | Error }) {
  const state = { watermark: options.watermark, epoch: 0, floor: FLOOR as number | null };
  const happened: string[] = [];
  const seeker = new WatermarkSeeker({
    partitions: {
      get epoch() {
        return state.epoch;
      },
      forget() {
        state.epoch += 1;
      },
      reassign: () => happened.push('reassign'),
      floor: async () => state.floor,
    },
    writer: {
      abandon: async () => void happened.push('abandon'),
      write: async (trigger) => void happened.push(`write ${trigger}`),
    },
    store: {
      watermarks: async (partitions) => partitions.map(() => state.watermark),
      async replace(_at, from, to) {
        if (state.watermark?.offset !== from.offset) return false;
        state.watermark = to;
        return true;
      },
    },
    work: new RedisWork({ onFailure() {} }),
    topicIds: {
      async ask() {
        if (options.topicId instanceof Error) throw options.topicId;
        return options.topicId === undefined ? A : options.topicId;
      },
    },
    counters: { recreated: (topic, partition) => happened.push(`recreated ${topic}/${partition}`) },
    seek: (topic, partition, offset) => happened.push(`seek ${topic}/${partition} ${offset}`),
  });
  return { seeker, state, happened };
}

async function assigned(options: Parameters<typeof seeking>[0]) {
  const made = seeking(options);
  await made.seeker.assign({ t: [0] });
  made.seeker.stop();
  return made;
}

describe('an assigned partition is read from', () => {
  test.each<[string, Parameters<typeof seeking>[0], number]>([
    ['its watermark', { watermark: at(50) }, 50],
    ['what is committed, where there is no watermark', { watermark: null }, FLOOR],
    ['its watermark, where brokers tell no ids', { watermark: at(50), topicId: null }, 50],
    [
      'its watermark, while no broker answers',
      { watermark: at(50), topicId: new Error('away') },
      50,
    ],
    ['its watermark, although that is halted', { watermark: at(50, A, 40) }, 50],
  ])('%s', async (_name, options, offset) => {
    const { happened } = await assigned(options);
    expect(happened).toEqual(['reassign', 'abandon', `seek t/0 ${offset}`]);
  });

  test('its start, where the topic was created again', async () => {
    const { happened, state } = await assigned({ watermark: at(50, B, 40) });
    expect(happened).toEqual(['reassign', 'abandon', 'recreated t/0', 'seek t/0 0']);
    expect(state.watermark).toEqual(at(0));
  });

  test('its watermark, which gets the id of the topic where it had none', async () => {
    const { happened, state } = await assigned({ watermark: at(50, null) });
    expect(happened).toEqual(['reassign', 'abandon', 'seek t/0 50']);
    expect(state.watermark).toEqual(at(50));
  });
});

test('where another process moved the watermark first, nothing is counted', async () => {
  const { seeker, state, happened } = seeking({ watermark: at(50, B) });
  const assigning = seeker.assign({ t: [0] });
  while (!happened.includes('abandon')) await Promise.resolve();
  await Promise.resolve();
  state.watermark = at(60, B);
  await assigning;
  seeker.stop();
  expect(happened).not.toContain('seek t/0 50');
});

test('a later rewind takes over from one that still asks', async () => {
  const { seeker, happened } = await assigned({ watermark: at(50) });
  happened.length = 0;
  await Promise.all([seeker.rewind(), seeker.rewind()]);
  expect(happened).toEqual(['abandon', 'abandon', 'seek t/0 50']);
});

test('a partition whose floor is of an earlier epoch is not sought', async () => {
  const { seeker, state, happened } = await assigned({ watermark: null });
  happened.length = 0;
  state.floor = null;
  await seeker.rewind();
  expect(happened).toEqual(['abandon']);
});

test('reading again writes what was read first', async () => {
  const { seeker, happened } = await assigned({ watermark: at(50) });
  happened.length = 0;
  await seeker.reread();
  expect(happened).toEqual(['write linger', 'abandon', 'seek t/0 50']);
});
