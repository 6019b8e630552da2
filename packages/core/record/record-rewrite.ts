import type { NormalisedEvent } from '../event/server-event.ts';
import { clearJson } from './wire.ts';

/* Records as they are written anew; what their columns are stands in record.ts. */

const TAB = 0x09;

/** Which of the facts names the source, and which counts the replays. */
const SOURCE = 3;
const REPLAYS = 5;

/** The same record with another event in it, which happened at the same time. */
export function rewriteRecord(line: Buffer, event: NormalisedEvent): Buffer {
  const facts = line.toString('latin1', 0, line.indexOf(TAB));
  return Buffer.from(`${facts}\t${JSON.stringify(event.personal)}\t${clearJson(event)}`, 'utf8');
}

/** The same record as one of another envelope, whose list of sources is another one. */
export function withSource(line: Buffer, source: number): Buffer {
  return withFact(line, SOURCE, source);
}

/** The same record with its replays counted, so that it still knows them when it dies again. */
export function withReplays(line: Buffer, replays: number): Buffer {
  return withFact(line, REPLAYS, replays);
}

function withFact(line: Buffer, position: number, value: number): Buffer {
  const end = line.indexOf(TAB);
  const facts = line.toString('latin1', 0, end).split(',');
  facts[position] = String(value);
  return Buffer.concat([Buffer.from(facts.join(), 'latin1'), line.subarray(end)]);
}
