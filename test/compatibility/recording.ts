import { readFileSync, writeFileSync } from 'node:fs';
import { inRepository } from '#test/support/in-repository.ts';
import type { RecordedKey } from './redis-content.ts';

/** What a release left in Redis when it was stopped in the middle of its work, and what is known about it. */
export interface Recording {
  readonly about: RecordingFacts;
  readonly content: readonly RecordedKey[];
}

interface RecordingFacts {
  /** The commit whose sources wrote it. */
  readonly commit: string;
  /** Unix ms. */
  readonly at: number;
  readonly prefix: string;
  /** Name of the topic, and of the consumer group. It has one partition. */
  readonly topic: string;
  /** A key for this recording alone. */
  readonly sealingKey: { readonly id: string; readonly key: string };
  /** Messages that Kafka had, all of which were taken. */
  readonly messages: number;
  /** Ids of events that Meta had accepted by then. */
  readonly accepted: readonly string[];
  /** Ids of events that were waiting in the queue. */
  readonly waiting: readonly string[];
  /** Every dead letter: its reason, and the id of its event. */
  readonly dead: readonly (readonly [reason: string, eventId: string | null])[];
  /** The pixel whose lane was halted. */
  readonly halted: string;
  /** The replay that was under way. */
  readonly replay: string;
}

const FILE = inRepository('test/fixtures/previous-release.jsonl');

export function readRecording(): Recording {
  const [about = '', ...lines] = readFileSync(FILE, 'utf8').trim().split('\n');
  return {
    about: JSON.parse(about) as RecordingFacts,
    content: lines.map((line) => JSON.parse(line) as RecordedKey),
  };
}

export function writeRecording({ about, content }: Recording): void {
  const lines = [about, ...content].map((each) => JSON.stringify(each));
  writeFileSync(FILE, `${lines.join('\n')}\n`);
}
