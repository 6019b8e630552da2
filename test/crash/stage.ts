import { isDeepStrictEqual } from 'node:util';
import type { relayCommand } from '#local/relay-process.ts';
import { Fleet } from '#test/support/fleet.ts';
import type { Audit } from './audit.ts';
import { Crew } from './crew.ts';

/** How the processes of a trial are configured: trials that agree on it can share them. */
export interface StageOptions {
  readonly brokers: readonly string[];
  readonly redisUrl: string;
  /** In place of that URL; null where it is that. */
  readonly redis: Readonly<Record<string, unknown>> | null;
  readonly redisUrls: Readonly<Partial<Record<'ingest' | 'worker', string>>>;
  readonly sandboxArgs: readonly string[];
  readonly sections: Readonly<Record<string, unknown>>;
  readonly graphTimeoutMs: number | null;
  readonly runs?: typeof relayCommand;
}

/** What the trials so far have left in the books. */
interface Books {
  /** Ids of the events that must be delivered. */
  readonly good: ReadonlySet<string>;
  readonly audit: Pick<
    Audit,
    'messages' | 'duplicatedByIngest' | 'duplicatedByWorkers' | 'unanswered'
  >;
  readonly unknownAnswers: number;
}

const EMPTY: Books = {
  good: new Set(),
  audit: { messages: 0, duplicatedByIngest: 0, duplicatedByWorkers: 0, unanswered: 0 },
  unknownAnswers: 0,
};

/** A fleet and the crew that runs it. */
export class Stage {
  books: Books = EMPTY;
  readonly fleet: Fleet;
  readonly crew: Crew;
  readonly options: StageOptions;

  private constructor(fleet: Fleet, crew: Crew, options: StageOptions) {
    this.fleet = fleet;
    this.crew = crew;
    this.options = options;
  }

  static async open(options: StageOptions): Promise<Stage> {
    const { graphTimeoutMs, redis, ...rest } = options;
    const fleet = await Fleet.prepare({
      resends: true,
      ...rest,
      ...(redis === null ? {} : { redis }),
      ...(graphTimeoutMs === null ? {} : { graphTimeoutMs }),
    });
    return new Stage(fleet, new Crew(fleet), options);
  }

  /** Ends everything; resolves to what ended in another way than in order. */
  async close(): Promise<string[]> {
    const exits = await this.crew.stop();
    await this.fleet.stop();
    const wrong = exits
      .filter((code) => code !== 0)
      .map((code) => `a process stopped with ${code}`);
    return [...this.crew.unexpected, ...wrong];
  }
}

/**
 * Keeps the processes of a trial for the next one, if they are configured as that one needs them:
 * starting them takes more time than most trials. The next one counts what happens from its start on.
 */
export class SharedStage {
  private current: Stage | null = null;
  private readonly faults: string[] = [];

  async take(options: StageOptions): Promise<Stage> {
    if (this.current !== null && !isDeepStrictEqual(this.current.options, options)) {
      await this.close();
    }
    this.current ??= await Stage.open(options);
    return this.current;
  }

  /** Ends the processes; the next trial starts its own. */
  async close(): Promise<void> {
    const closing = this.current;
    this.current = null;
    if (closing !== null) this.faults.push(...(await closing.close()));
  }

  /** Ends the processes; resolves to what ended in another way than in order, of all trials. */
  async end(): Promise<readonly string[]> {
    await this.close();
    return this.faults;
  }
}
