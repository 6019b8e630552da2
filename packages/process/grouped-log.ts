import type { Logger } from './logger.ts';

/** What makes lines a group: the same words about the same thing. */
type Group = Readonly<Record<string, string | null>>;

export interface GroupedLogOptions {
  readonly level: 'info' | 'warn';
  /** Whether the first of a group is said at once, or counted with those that follow it. */
  readonly first: 'now' | 'later';
  /** How long a group is counted before it is said, in ms. */
  readonly everyMs?: number;
}

interface Counted {
  count: number;
  readonly group: Group;
  readonly message: string;
  facts: object;
}

const MINUTE_MS = 60_000;

/**
 * Says what happens again and again once a minute for each group, with how often it happened. A group
 * in which nothing happens is silent.
 */
export class GroupedLog {
  private readonly groups = new Map<string, Counted>();
  private timer: NodeJS.Timeout | null = null;
  private readonly logger: Logger;
  private readonly options: GroupedLogOptions;

  constructor(logger: Logger, options: GroupedLogOptions) {
    this.logger = logger;
    this.options = options;
  }

  /** @param facts are those of the last one in the line that is written */
  add(group: Group, message: string, { count = 1, facts = {} as object } = {}): void {
    const key = JSON.stringify([message, group]);
    let known = this.groups.get(key);
    if (known === undefined) {
      known = { count: 0, group, message, facts };
      this.groups.set(key, known);
      if (this.options.first === 'now') {
        this.write({ ...known, count });
        known.count -= count;
      }
    }
    known.count += count;
    known.facts = facts;
    this.timer ??= setInterval(() => this.flush(), this.options.everyMs ?? MINUTE_MS).unref();
  }

  /** Says what was counted and not said yet; to be called before the process ends. */
  flush(): void {
    for (const [key, counted] of this.groups) {
      if (counted.count > 0) this.write(counted);
      // Those that were silent for as long are said at once when they come again.
      if (counted.count === 0 || this.options.first === 'later') this.groups.delete(key);
      else counted.count = 0;
    }
    if (this.groups.size > 0 || this.timer === null) return;
    clearInterval(this.timer);
    this.timer = null;
  }

  private write({ count, group, message, facts }: Counted): void {
    this.logger[this.options.level]({ ...group, ...facts, count }, message);
  }
}
