import { setTimeout as rest } from 'node:timers/promises';
import { Random } from '#cli/produce/random.ts';
import { loadConfiguration } from '#config/load.ts';
import { createKafka } from '#kafka/client.ts';
import { ensureTopics } from '#kafka/topics.ts';
import type { RelayProcess } from '#local/relay-process.ts';
import { createReplay, readReplay } from '#store/dead-letters/replay/store.ts';
import { DUTIES_LOCK_MS, readDutiesOwner } from '#store/locks.ts';
import { sealerOf } from '#store/sealing.ts';
import { readAudit } from '#store/status/audit.ts';
import { imbalance } from '#store/status/ledger.ts';
import type { Bench, Evidence } from '#test/crash/proof.ts';
import { Fleet, PIXELS } from '#test/support/fleet.ts';
import { deadRecord, insertDeadLetters } from '#test/support/insert-dead-letters.ts';
import { uniqueName } from '#test/support/names.ts';
import { readHeld } from '#test/support/read-dead-letters.ts';
import { TopicReader } from '#test/support/topic-reader.ts';

export interface ControlOptions {
  /** How often the process that does the duties is killed or paused. */
  readonly times: number;
  /** Dead letters that a detached replay puts back meanwhile. */
  readonly letters: number;
  readonly perSecond: number;
}

const COPIES = 2;
/** Dead letters that are written at each disturbance, of a pixel that is not replayed. */
const BURST = 40;
/** What hangs, rather than what is slow. */
const PATIENCE_MS = 300_000;
/** A page of a process that does not answer now is not waited for, in ms. */
const PAGE_MS = 1000;
const EVERY_MS = 250;

const [REPLAYED = '', OTHER = ''] = PIXELS;
const FLEET_GAUGE = /^capi_redis_memory_used_ratio /m;
const DOES_DUTIES = /^capi_control_duties 1$/m;

/** The process that does the duties of the fleet is killed or paused, again and again. */
export async function control(bench: Bench, options: ControlOptions): Promise<Evidence> {
  const { brokers, redisUrl } = bench.arena;
  const topic = uniqueName('dead');
  const sections = { deadLetters: { topic } };
  const fleet = await Fleet.prepare({ brokers, redisUrl, sections });
  const kafka = createKafka({ brokers, clientId: 'proof', ssl: false, sasl: null });
  await ensureTopics(kafka, [topic], 1);
  const reader = await TopicReader.start(kafka, topic);
  try {
    return await new Trial(fleet, reader, bench, options).run();
  } finally {
    await reader.end();
    await fleet.stop();
  }
}

class Trial {
  private readonly faults = new Set<string>();
  private readonly takeovers: number[] = [];
  private copies: RelayProcess[] = [];
  private written = 0;
  private killed = 0;
  private paused = 0;
  private watching = true;
  private readonly fleet: Fleet;
  private readonly reader: TopicReader;
  private readonly bench: Bench;
  private readonly options: ControlOptions;

  constructor(fleet: Fleet, reader: TopicReader, bench: Bench, options: ControlOptions) {
    this.fleet = fleet;
    this.reader = reader;
    this.bench = bench;
    this.options = options;
  }

  async run(): Promise<Evidence> {
    const { fleet, options } = this;
    for (let at = 0; at < options.letters; at += 1000) {
      await this.insertDeadLetters(REPLAYED, Math.min(1000, options.letters - at));
    }
    await fleet.start('worker');
    this.copies = await Promise.all(Array.from({ length: COPIES }, () => fleet.start('control')));
    await this.until('all were published', async () => this.published().size === this.written);
    const replay = await this.begin();
    const watching = this.watchGauges();
    await this.disturb();
    await this.until('the replay ended', async () => {
      return (await readReplay(fleet.store, replay))?.state !== 'running';
    });
    await this.until('all were published', async () => this.published().size === this.written);
    await this.until('all were delivered', async () => {
      return [...(await fleet.ledgers()).values()].every(({ queued }) => queued === 0);
    });
    this.watching = false;
    await watching;
    return this.evidence(replay);
  }

  private async begin(): Promise<string> {
    const { letters, perSecond } = this.options;
    const limits = { max: null, rate: perSecond, canary: 0, stopAbove: 1 };
    const spec = {
      ...{ where: `pixel:${REPLAYED}`, startedAt: Date.now(), planned: letters, ...limits },
      ...{ includeUnknown: false, forceLoop: false, by: 'proof', reason: null },
    };
    return (await createReplay(this.fleet.store, spec, true)).spec.id;
  }

  private async disturb(): Promise<void> {
    const { times } = this.options;
    const random = new Random(this.bench.seed);
    for (let n = 0; n < times; n += 1) {
      await this.insertDeadLetters(OTHER, BURST);
      const holder = await this.holder();
      await rest(random.below(1500));
      if (n % 2 === 0) await this.kill(holder);
      else await this.pause(holder, random);
      const took = Math.round(this.takeovers.at(-1) ?? 0);
      const how = n % 2 === 0 ? 'SIGKILL' : 'SIGSTOP, and later SIGCONT';
      this.bench.say(`${String(n + 1).padStart(4)}/${times}  ${how}; taken over after ${took} ms`);
    }
  }

  private async kill(holder: RelayProcess): Promise<void> {
    holder.kill('SIGKILL');
    this.killed += 1;
    await this.takenOverFrom(holder);
    await holder.exited;
    const next = await this.fleet.start('control');
    this.copies = [...this.copies.filter((each) => each !== holder), next];
  }

  private async pause(holder: RelayProcess, random: Random): Promise<void> {
    holder.kill('SIGSTOP');
    this.paused += 1;
    await this.takenOverFrom(holder);
    await this.insertDeadLetters(OTHER, BURST);
    await rest(random.below(2000));
    holder.kill('SIGCONT');
    const page = await (await fetch(`${holder.url}/metrics`)).text();
    if (FLEET_GAUGE.test(page) || DOES_DUTIES.test(page))
      this.faults.add('a process that woke up served gauges of the fleet');
  }

  private async holder(): Promise<RelayProcess> {
    let found: RelayProcess | undefined;
    await this.until('a process had the duties', async () => {
      const owner = await readDutiesOwner(this.fleet.store);
      found = this.copies.find(({ pid }) => owner?.split(':')[2] === String(pid));
      return found !== undefined;
    });
    return found as RelayProcess;
  }

  private async takenOverFrom({ pid }: RelayProcess): Promise<void> {
    const started = performance.now();
    await this.until('another process took over', async () => {
      const owner = await readDutiesOwner(this.fleet.store);
      return owner !== null && owner.split(':')[2] !== String(pid);
    });
    this.takeovers.push(performance.now() - started);
  }

  /** Asks all copies at once, again and again: never more than one may serve gauges of the fleet. */
  private async watchGauges(): Promise<void> {
    while (this.watching) {
      const pages = await Promise.all(this.copies.map(pageOf));
      const serving = pages.filter((page) => FLEET_GAUGE.test(page));
      if (serving.length > 1) this.faults.add('two processes served gauges of the fleet');
      if (serving.some((page) => !DOES_DUTIES.test(page)))
        this.faults.add('a process served gauges of the fleet without its duties');
      await rest(EVERY_MS);
    }
  }

  private async insertDeadLetters(pixel: string, count: number): Promise<void> {
    const { sealing } = await loadConfiguration(this.fleet.configuration, {});
    const letters = Array.from({ length: count }, (_, at) => deadRecord(this.written + at, pixel));
    await insertDeadLetters(this.fleet.store, sealerOf(sealing), letters);
    this.written += count;
  }

  /** Offset of each dead letter in the topic → how often it is there. */
  private published(): Map<number, number> {
    const counts = new Map<number, number>();
    for (const { key } of this.reader.messages) {
      const at = Number(key.split('/')[2]);
      counts.set(at, (counts.get(at) ?? 0) + 1);
    }
    return counts;
  }

  private async until(what: string, check: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!(await check())) {
      if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
      await rest(EVERY_MS / 2);
    }
  }

  private async evidence(id: string): Promise<Evidence> {
    const { fleet, options, faults, killed, paused } = this;
    const [accepted, replay, held, trail, ledgers] = await Promise.all([
      fleet.accepted(),
      readReplay(fleet.store, id),
      readHeld(fleet.store),
      readAudit(fleet.store, 1000),
      fleet.ledgers(),
    ]);
    const published = this.published();
    const first = [...published.keys()];
    if (first.some((at, index) => index > 0 && at < (first[index - 1] ?? 0)))
      faults.add('the topic has dead letters out of order');
    if (replay?.state !== 'finished') faults.add(`the replay is ${replay?.state}: ${replay?.why}`);
    if (replay?.queued !== options.letters) faults.add(`the replay counts ${replay?.queued}`);
    const ends = trail.filter(({ action }) => action === 'replay_finished').length;
    if (ends !== 1) faults.add(`the audit trail has ${ends} ends of the replay`);
    if (held !== this.written - options.letters) faults.add(`${held} dead letters are held`);
    if ([...ledgers.values()].some((each) => imbalance(each) !== 0))
      faults.add('the ledgers are out of balance');
    const lost = options.letters - accepted.size + (this.written - published.size);
    const twice = [...accepted.values()].filter((count) => count > 1).length;
    if (lost !== 0) faults.add(`${lost} events or dead letters are lost`);
    if (twice !== 0) faults.add(`${twice} events arrived twice`);
    const again = this.reader.messages.length - published.size;
    const slowest = Math.round(Math.max(...this.takeovers) / 100) / 10;
    return {
      disturbances: `SIGKILL × ${killed} and SIGSTOP × ${paused} to the one of ${COPIES} copies of control that does the duties, while a detached replay runs and dead letters are published`,
      events: this.written,
      lost,
      duplicatedByIngest: 0,
      duplicatedByWorkers: twice,
      allowed: 0,
      notes: [
        `another copy took over after ${slowest} s at most; the lock lasts ${DUTIES_LOCK_MS / 1000} s`,
        `${again} dead letters are in the topic again, which at least once allows`,
      ],
      faults: [...faults],
    };
  }
}

/** Nothing where a process is paused or ends. */
async function pageOf({ url }: RelayProcess): Promise<string> {
  const answer = fetch(`${url}/metrics`, { signal: AbortSignal.timeout(PAGE_MS) });
  return answer.then((each) => each.text()).catch(() => '');
}
