interface Entry {
  readonly at: number;
  /** Of two at the same time, the one that was planned first is first. */
  readonly order: number;
  readonly what: () => void;
}

function before(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** What a simulation does next: a binary heap by simulated time, in seconds. */
export class Agenda {
  private readonly heap: Entry[] = [];
  private planned = 0;
  now = 0;

  plan(at: number, what: () => void): void {
    const entry = { at: Math.max(at, this.now), order: this.planned, what };
    this.planned += 1;
    let place = this.heap.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.heap[parent];
      if (above === undefined || before(above, entry)) break;
      this.heap[place] = above;
      place = parent;
    }
    this.heap[place] = entry;
  }

  /** Does everything that is planned up to then. */
  runUntil(end: number): void {
    for (let next = this.heap[0]; next !== undefined && next.at <= end; next = this.heap[0]) {
      this.removeFirst();
      this.now = next.at;
      next.what();
    }
    this.now = end;
  }

  private removeFirst(): void {
    const { heap } = this;
    const moved = heap.pop();
    if (moved === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const [one, other] = [heap[left], heap[left + 1]];
      if (one === undefined) break;
      const right = other !== undefined && before(other, one);
      const child = right ? other : one;
      if (before(moved, child)) break;
      heap[place] = child;
      place = right ? left + 1 : left;
    }
    heap[place] = moved;
  }
}

/** One thread that does its work in the order in which it comes. */
export class Thread {
  private freeAt = 0;
  /** Seconds of work. */
  busy = 0;
  private readonly agenda: Agenda;

  constructor(agenda: Agenda) {
    this.agenda = agenda;
  }

  /** Does something when this work is done. */
  work(seconds: number, then: () => void): void {
    this.freeAt = Math.max(this.freeAt, this.agenda.now) + seconds;
    this.busy += seconds;
    this.agenda.plan(this.freeAt, then);
  }

  /** Does nothing for so long: a failover, or a machine that is replaced. */
  pause(seconds: number): void {
    this.freeAt = Math.max(this.freeAt, this.agenda.now) + seconds;
  }
}
