import { hash } from 'node:crypto';
import { DEFAULT_PIXEL_SETTINGS } from '#core/event/pixel-settings.ts';
import { createMapper } from '#core/mapping/mapper.ts';
import { sentJson } from '#core/record/record.ts';

/** Personal values as they are hashed: eight of the length that such values have. */
const VALUES = [
  'jane.roe@example.com',
  '16505550123',
  'jane',
  'roe',
  'sanfrancisco',
  'ca',
  '94025',
  'user-0123456789',
];

const WARM_ROUNDS = 2;
const ROUNDS_ALONE = 10;
const SLICE = 200;

/**
 * What no implementation can do without, for real events: one JSON.parse of the Kafka value, eight
 * one-shot hashes, one JSON.stringify of the server event.
 */
export class Floor {
  private readonly work: readonly { value: Buffer; sent: unknown }[];

  constructor(values: readonly Buffer[]) {
    const map = createMapper({ ...DEFAULT_PIXEL_SETTINGS, pixelId: '1' });
    this.work = values.flatMap((value) => {
      const result = map(JSON.parse(value.toString()), Date.now());
      if (result.outcome !== 'deliver') return [];
      return [{ value, sent: JSON.parse(sentJson(result.event)) as unknown }];
    });
  }

  /** Microseconds of CPU an event while nothing else runs. */
  alone(): number {
    for (let round = 0; round < WARM_ROUNDS; round += 1) this.measure(this.work);
    return this.measure(Array.from({ length: ROUNDS_ALONE }, () => this.work).flat());
  }

  /**
   * The same while something else runs, until that has ended: a processor that is shared is a slower
   * one, and what is compared must have had the same.
   */
  async beside(running: Promise<unknown>): Promise<number> {
    let ended = false;
    void running.finally(() => {
      ended = true;
    });
    let [cpu, events] = [0, 0];
    while (!ended) {
      const slice = this.work.slice(events % (this.work.length - SLICE)).slice(0, SLICE);
      cpu += this.measure(slice) * slice.length;
      events += slice.length;
      await new Promise(setImmediate);
    }
    await running;
    return cpu / events;
  }

  private measure(work: readonly { value: Buffer; sent: unknown }[]): number {
    const before = process.cpuUsage();
    for (const { value, sent } of work) {
      JSON.parse(value.toString());
      for (const each of VALUES) hash('sha256', each);
      JSON.stringify(sent);
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / work.length;
  }
}
