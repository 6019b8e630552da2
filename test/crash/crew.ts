import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayProcess } from '#local/relay-process.ts';
import { scrape } from '#local/scrape.ts';
import type { Fleet } from '#test/support/fleet.ts';

const KINDS = ['ingest', 'worker', 'control'] as const;
export type Kind = (typeof KINDS)[number];

const TRY_AGAIN_MS = 300;
const UNKNOWN = 'capi_worker_unknown_answer_events_total';

/** Keeps a number of processes of each kind running, as a supervisor does, whatever ends them. */
export class Crew {
  /** Unrequested ends, with the end of the log. */
  readonly unexpected: string[] = [];
  private readonly wanted: Record<Kind, number> = { ingest: 0, worker: 0, control: 0 };
  /** `capi_worker_unknown_answer_events_total` of the workers that have ended and could be asked. */
  private unknownOfEnded = 0;
  /** Exit codes of those that were too many. */
  private readonly dismissed: (number | string)[] = [];
  private readonly running = new Map<RelayProcess, Kind>();
  private readonly expected = new Set<RelayProcess>();
  private readonly starting = new Map<Promise<void>, Kind>();
  private stopping = false;
  private readonly fleet: Fleet;

  constructor(fleet: Fleet) {
    this.fleet = fleet;
  }

  /** Has that many of each kind running, and nothing that still starts. */
  async assemble(wanted: Record<Kind, number>): Promise<void> {
    await this.started();
    Object.assign(this.wanted, wanted);
    for (const kind of KINDS) await this.dismiss(kind);
    this.fill();
    await this.started();
  }

  /** Those of a kind that run now. */
  of(kind: Kind): RelayProcess[] {
    return [...this.running].filter(([, each]) => each === kind).map(([process]) => process);
  }

  /** Kills one; another takes its place. False when none runs just now. */
  async kill(kind: Kind, pick: (n: number) => number): Promise<boolean> {
    const victim = this.pick(kind, pick);
    if (victim === undefined) return false;
    await this.read(victim);
    this.expected.add(victim);
    victim.kill('SIGKILL');
    await victim.exited;
    return true;
  }

  /** Stops one for a while without its noticing. */
  async pause(kind: Kind, ms: number, pick: (n: number) => number): Promise<boolean> {
    const victim = this.pick(kind, pick);
    if (victim === undefined) return false;
    victim.kill('SIGSTOP');
    await sleep(ms);
    victim.kill('SIGCONT');
    return true;
  }

  /** Changes how many of a kind run; those that are too many end in order. */
  async resize(kind: Kind, n: number): Promise<void> {
    this.wanted[kind] = n;
    await this.dismiss(kind);
    this.fill();
  }

  /** Ends one in order; another takes its place. Resolves to its exit code. */
  async end(process: RelayProcess): Promise<number | string> {
    await this.read(process);
    this.expected.add(process);
    process.kill('SIGTERM');
    return process.exited;
  }

  /** What those that run have to say when something does not end: their logs' ends, and what is missing. */
  async lastWords(): Promise<string[]> {
    return Promise.all(
      [...this.running.keys()].map(async (process) => {
        const samples = await scrape([process.url]);
        const missing = samples.sum('capi_ingest_missing_messages_total');
        const log = process.log().trimEnd().split('\n').slice(-8).join('\n');
        return `${process.name}: ${missing} messages missing in Kafka\n${log}`;
      }),
    );
  }

  /** `capi_worker_unknown_answer_events_total`, over all lives of all workers that could be asked. */
  async unknownAnswers(): Promise<number> {
    const samples = await scrape(this.of('worker').map(({ url }) => url));
    return this.unknownOfEnded + samples.sum(UNKNOWN);
  }

  /** The exit codes of those that were too many, since they were asked for last. */
  takeDismissed(): (number | string)[] {
    return this.dismissed.splice(0);
  }

  /** Ends everything in order; resolves to the exit codes. */
  async stop(): Promise<(number | string)[]> {
    this.stopping = true;
    await Promise.allSettled(this.starting.keys());
    const ends = await Promise.all([...this.running.keys()].map((process) => this.end(process)));
    return [...this.takeDismissed(), ...ends];
  }

  private async started(): Promise<void> {
    while (this.starting.size > 0) await Promise.all(this.starting.keys());
  }

  /** Ends those that are too many, in order. */
  private async dismiss(kind: Kind): Promise<void> {
    const tooMany = this.of(kind).slice(this.wanted[kind]);
    for (const process of tooMany) this.dismissed.push(await this.end(process));
  }

  private pick(kind: Kind, pick: (n: number) => number): RelayProcess | undefined {
    const all = this.of(kind);
    return all.length === 0 ? undefined : all[pick(all.length)];
  }

  private fill(): void {
    for (const kind of KINDS) {
      const starting = [...this.starting.values()].filter((each) => each === kind).length;
      const missing = this.wanted[kind] - this.of(kind).length - starting;
      for (let n = 0; n < missing; n += 1) this.begin(kind);
    }
  }

  private begin(kind: Kind): void {
    const started = this.retryUntilStarted(kind).finally(() => this.starting.delete(started));
    this.starting.set(started, kind);
  }

  /** Kafka or Redis may be away, and a process that begins then ends at once. */
  private async retryUntilStarted(kind: Kind): Promise<void> {
    while (!this.stopping && this.of(kind).length < this.wanted[kind]) {
      try {
        const process = await this.fleet.start(kind);
        this.running.set(process, kind);
        void process.exited.then((how) => this.ended(process, how));
        return;
      } catch {
        await sleep(TRY_AGAIN_MS);
      }
    }
  }

  private ended(process: RelayProcess, how: number | string): void {
    this.running.delete(process);
    if (!this.expected.delete(process)) {
      const log = process.log().trimEnd().split('\n').slice(-3).join('\n');
      this.unexpected.push(`${process.name} ended with ${how}:\n${log}`);
    }
    if (!this.stopping) this.fill();
  }

  private async read(process: RelayProcess): Promise<void> {
    const samples = await scrape([process.url]);
    this.unknownOfEnded += samples.sum(UNKNOWN);
  }
}
