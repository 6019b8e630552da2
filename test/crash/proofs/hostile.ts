import { randomBytes } from 'node:crypto';
import { createSealer } from '#queue/sealing.ts';
import { parsePixelSettings } from '#runtime/configuration/load.ts';
import { SOURCES } from '#test/support/fleet.ts';
import { generateMessages } from '../../../services/cli/produce/generator.ts';
import { Random } from '../../../services/cli/produce/random.ts';
import { Collector } from '../../../services/ingest/collector.ts';
import { createReloadableReader } from '../../../services/ingest/destinations.ts';
import { mutate } from '../mutations.ts';
import { counted, type Evidence } from '../proof.ts';

const PIXEL = '100000000000001';
const MAX_BYTES = 1_048_576;
const GOOD = 2000;
const A_TAKE = 2000;

/** What the reader made of hostile messages, one outcome for each. */
interface Tally {
  delivered: number;
  filtered: number;
  dead: number;
  slowestMs: number;
  slowest: string;
  readonly thrown: string[];
}

/** Mutated messages through reader, mapping, envelopes and sealing, in this process. */
export function hostileReading(
  { seed, say }: { seed: string; say: (line: string) => void },
  options: { readonly messages: number; readonly huge: number },
): Evidence {
  const tally: Tally = {
    delivered: 0,
    filtered: 0,
    dead: 0,
    slowestMs: 0,
    slowest: '',
    thrown: [],
  };
  const { reader, collector } = openReader(tally);
  const generator = generateMessages({ seed, startMs: Date.now(), sources: SOURCES, badShare: 0 });
  const good = generator.take(GOOD).map(({ value }) => value);
  const random = new Random(seed);
  const total = options.messages + options.huge;
  for (let offset = 0; offset < total; offset += 1) {
    const original = good[random.below(GOOD)] as Buffer;
    const value = offset < options.messages ? mutate(original, random) : huge(offset);
    const started = performance.now();
    try {
      const kafka = { topic: 't', partition: 0, offset, timestamp: Date.now() };
      reader.read({ key: null, value, headers: {} }, kafka, Date.now(), collector);
      collector.step('t', 0, null, offset + 1);
      if (offset % A_TAKE === 0) collector.cut('count');
    } catch (error) {
      if (tally.thrown.length < 10)
        tally.thrown.push(`${error}: ${value.toString('latin1', 0, 200)}`);
    }
    const took = performance.now() - started;
    if (took > tally.slowestMs) {
      tally.slowestMs = took;
      tally.slowest = `${counted(value.length)} bytes`;
    }
    if (offset % 100_000 === 99_999) say(`${counted(offset + 1)} of ${counted(total)}`);
  }
  return report(tally, total, options.huge);
}

function openReader(tally: Tally) {
  const parsed = parsePixelSettings({ pixelId: PIXEL });
  if (!parsed.ok) throw new Error('settings refused');
  const counters = {
    enqueued() {
      tally.delivered += 1;
    },
    filtered() {
      tally.filtered += 1;
    },
    dead() {
      tally.dead += 1;
    },
    warned: () => {},
    matched: () => {},
  };
  const pixel = { ...parsed.settings, events: {} };
  const traceOf = () => null;
  const options = { maxMessageBytes: MAX_BYTES, counters, traceOf };
  const reader = createReloadableReader([pixel], options);
  const sealer = createSealer('k', [{ id: 'k', key: randomBytes(32) }]);
  const limits = { maxEvents: 250, maxBytes: 262_144 };
  return { reader, collector: new Collector(sealer, limits, () => {}, 'hostile') };
}

/** 100 MB, which no broker takes unless it is told to. */
function huge(offset: number): Buffer {
  const filler = Buffer.alloc(100_000_000, offset % 2 === 0 ? 'x' : '[');
  return Buffer.concat([Buffer.from('{"type":"track","event":"'), filler, Buffer.from('"}')]);
}

function report(tally: Tally, events: number, hugeOnes: number): Evidence {
  const { delivered, filtered, dead, slowestMs, slowest, thrown } = tally;
  const missing = events - delivered - filtered - dead;
  const faults = thrown.map((words) => `the reader threw ${words}`);
  if (missing !== 0) faults.push(`${missing} messages have no outcome or more than one`);
  return {
    disturbances: `${counted(events)} mutated messages, ${hugeOnes} of them of 100 MB, handed to the reader`,
    events,
    lost: Math.max(missing, 0),
    duplicatedByIngest: Math.max(-missing, 0),
    duplicatedByWorkers: 0,
    allowed: 0,
    notes: [
      `${counted(delivered)} delivered, ${counted(filtered)} filtered, ${counted(dead)} dead`,
      `the slowest message took ${slowestMs.toFixed(0)} ms (${slowest})`,
    ],
    faults,
  };
}
