import type { IntakeStore } from '#queue/intake.ts';
import type { RedisWork } from '#queue/redis-work.ts';
import type { Partitions } from './partitions.ts';
import type { Taker } from './taker.ts';

export interface RewinderRooms {
  readonly partitions: Partitions;
  readonly taker: Taker;
  readonly work: RedisWork;
  /** Asks Redis where partitions stand. */
  readonly watermarks: IntakeStore['watermarks'];
  readonly seek: (topic: string, partition: number, offset: number) => void;
}

/** Brings the reading of every partition of this member back to what Redis has taken. */
export class Rewinder {
  private assigned: readonly { topic: string; partition: number }[] = [];
  private readonly rooms: RewinderRooms;

  constructor(rooms: RewinderRooms) {
    this.rooms = rooms;
  }

  /** Another member may have read these partitions before: only the watermarks know how far. */
  async assign(assignment: Readonly<Record<string, readonly number[]>>): Promise<void> {
    this.assigned = Object.entries(assignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => ({ topic, partition })),
    );
    this.rooms.partitions.reassign();
    await this.rewind();
  }

  /**
   * Makes void what was read and is not taken, and reads again from the watermarks. It does not
   * wait for a message: where none comes any more, what Redis has lost must be read again too.
   */
  async rewind(): Promise<void> {
    const { partitions, taker, work, seek } = this.rooms;
    partitions.forget();
    const { epoch } = partitions;
    await taker.abandon();
    const read = this.assigned;
    // However long Redis takes; a later rewind takes over.
    const watermarks = await work.retryUntilDone(
      'watermarks',
      () => this.rooms.watermarks(read),
      () => partitions.epoch === epoch,
    );
    if (watermarks === null || partitions.epoch !== epoch) return;
    read.forEach(({ topic, partition }, index) => {
      const offset = watermarks[index]?.offset ?? partitions.floor(topic, partition);
      if (offset !== null) seek(topic, partition, offset);
    });
  }
}
