/** Room in the memory of a worker, asked for before an envelope is fetched. */
export interface Room {
  /** At once where there is room, else when there is; null when none may be fetched any more. */
  reserve(): Reservation | null | Promise<Reservation | null>;
  /** Answers null to every pending request. */
  close(): void;
}

export interface Reservation {
  /** Notes the number of events of the envelope that was fetched. */
  use(events: number): void;
  /** It is held no longer, or there was none. */
  release(): void;
}

/** Checked by BullMQ's loop before it fetches: while this is set, it starts no other fetch. */
export interface FetchLoop {
  waiting: Promise<unknown> | null;
}

/**
 * Lets one fetch of a lane wait for room, and the others with it.
 *
 * BullMQ's loop fetches one job after another before it lets the first of them go. While a fetch waits
 * here the loop has to be told, as it is while it waits for a job to come: it then lets go what it has.
 *
 * A fetch that comes meanwhile ends without a job, but not before the first one is answered. Answered
 * at once, it would come again at once: the loop then turns in microtasks alone, and the process
 * neither reads from a socket nor frees the room that is waited for.
 */
export class RoomGate {
  private readonly room: Room;
  private readonly loop: FetchLoop;
  private pending: Promise<Reservation | null> | null = null;

  constructor(room: Room, loop: FetchLoop) {
    this.room = room;
    this.loop = loop;
  }

  /** Room for one envelope; null when the fetch is to end without a job. */
  async reserve(): Promise<Reservation | null> {
    if (this.pending !== null) {
      await this.announced(this.pending);
      return null;
    }
    const reservation = this.room.reserve();
    if (!(reservation instanceof Promise)) return reservation;
    this.pending = reservation;
    try {
      return await this.announced(reservation);
    } finally {
      this.pending = null;
    }
  }

  close(): void {
    this.room.close();
  }

  /** Awaits what the loop is told that it waits for, unless it waits for something else already. */
  private async announced<T>(promise: Promise<T>): Promise<T> {
    const { loop } = this;
    if (loop.waiting !== null) return promise;
    loop.waiting = promise;
    try {
      return await promise;
    } finally {
      if (loop.waiting === promise) loop.waiting = null;
    }
  }
}
