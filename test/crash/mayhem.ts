import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '#cli/produce/random.ts';
import { LOCK_MS, type Scene, SESSION_MS } from './trial.ts';

export const DISTURBANCES = [
  'kill ingest',
  'kill worker',
  'kill redis',
  'kill kafka',
  'kill ours',
  'kill all',
  'pause ingest',
  'pause worker',
  'add ingest',
  'remove ingest',
] as const;
export type Disturbance = (typeof DISTURBANCES)[number];

export interface MayhemOptions {
  readonly seed: string;
  /** How often each is done among all of them. */
  readonly weights: Readonly<Partial<Record<Disturbance, number>>>;
  readonly count: number;
  /** Rest between two, in ms: a random one of this range. */
  readonly restMs: readonly [number, number];
  readonly say: (line: string) => void;
}

/** One disturbance after the other, at moments and of kinds that the seed decides. */
export class Mayhem {
  readonly done: Partial<Record<Disturbance, number>> = {};
  /** Processes and servers that got SIGKILL. */
  kills = 0;
  pauses = 0;
  /** Workers that were killed, or slept longer than their locks. */
  workersHit = 0;
  private readonly scene: Scene;
  private readonly random: Random;
  private readonly options: MayhemOptions;

  constructor(scene: Scene, options: MayhemOptions) {
    this.scene = scene;
    this.random = new Random(options.seed);
    this.options = options;
  }

  async run(): Promise<void> {
    const { count, restMs, weights, say } = this.options;
    const hat = DISTURBANCES.flatMap((each) => Array<Disturbance>(weights[each] ?? 0).fill(each));
    for (let n = 1; n <= count; ) {
      await sleep(this.random.between(...restMs));
      const next = hat[this.random.below(hat.length)] as Disturbance;
      if (!(await this.disturb(next))) continue;
      this.done[next] = (this.done[next] ?? 0) + 1;
      say(`${String(n).padStart(4)}/${count}  ${next}`);
      n += 1;
    }
  }

  /** False when there was nothing to disturb just then. */
  private async disturb(what: Disturbance): Promise<boolean> {
    switch (what) {
      case 'kill ingest':
        return this.kill('ingest');
      case 'kill worker':
        return this.kill('worker');
      case 'kill redis':
        return this.restart('redis');
      case 'kill kafka':
        return this.restart('kafka');
      case 'kill ours':
        return (await Promise.all([this.kill('ingest'), this.kill('worker')])).some(Boolean);
      case 'kill all': {
        const ours = [this.kill('ingest'), this.kill('worker')];
        await Promise.all([...ours, this.restart('redis'), this.restart('kafka')]);
        return true;
      }
      case 'pause ingest':
        return this.pause('ingest', SESSION_MS + 2000);
      case 'pause worker':
        return this.pause('worker', 2 * LOCK_MS);
      case 'add ingest':
        await this.scene.crew.resize('ingest', 3);
        return true;
      case 'remove ingest':
        await this.scene.crew.resize('ingest', 1 + this.random.below(2));
        return true;
    }
  }

  private async kill(kind: 'ingest' | 'worker'): Promise<boolean> {
    if (!(await this.scene.crew.kill(kind, (n) => this.random.below(n)))) return false;
    this.kills += 1;
    if (kind === 'worker') this.workersHit += 1;
    return true;
  }

  private async pause(kind: 'ingest' | 'worker', ms: number): Promise<boolean> {
    if (!(await this.scene.crew.pause(kind, ms, (n) => this.random.below(n)))) return false;
    this.pauses += 1;
    if (kind === 'worker') this.workersHit += 1;
    return true;
  }

  /** Away for a random while, up to two seconds. */
  private async restart(which: 'redis' | 'kafka'): Promise<boolean> {
    const server = this.scene.arena[which];
    if (server === null) throw new Error('the arena has no Kafka of its own');
    await server.kill();
    this.kills += 1;
    await sleep(this.random.below(2000));
    await server.start();
    return true;
  }
}
