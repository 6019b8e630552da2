import { UsageError } from '#config/errors.ts';
import { timeOf } from '#core/mapping/event-time.ts';
import { wholeNumber } from '#process/option-values.ts';
import type { FailureKind } from './fail-on.ts';

/** Unix ms. @throws UsageError */
export function parseTime(text: string): number {
  const time = timeOf(text);
  if (time === null) throw new UsageError('--now takes a time such as 2026-11-20T10:00:00Z');
  return time;
}

const MOST_MESSAGES = 100_000;

/** @throws UsageError */
export function parseCount(text: string): number {
  const count = wholeNumber('--from-kafka', ' of messages')(text);
  if (count <= MOST_MESSAGES) return count;
  throw new UsageError(`--from-kafka takes at most ${MOST_MESSAGES} messages, not ${count}`);
}

/** The options of the command as they are parsed. */
export interface PreviewFlags {
  readonly config?: string;
  /** Unix ms. */
  readonly now?: number;
  readonly json?: boolean;
  readonly readable?: boolean;
  readonly reveal?: boolean;
  readonly fromKafka?: number;
  readonly topic?: string;
  readonly partition?: number;
  readonly fromOffset?: number;
  /** Seconds. */
  readonly timeout?: number;
  readonly failOn?: readonly FailureKind[];
}

const OF_KAFKA = ['topic', 'partition', 'fromOffset', 'timeout'] as const;

/** @throws UsageError for options that do not go together */
export function checkFlags(flags: PreviewFlags, files: readonly string[]): void {
  if (flags.fromKafka === undefined) {
    const lone = OF_KAFKA.find((name) => flags[name] !== undefined);
    if (lone === undefined) return;
    const flag = lone.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`);
    throw new UsageError(`--${flag} needs --from-kafka`);
  }
  if (files.length > 0) {
    throw new UsageError('--from-kafka reads Kafka: leave the file out, or the option');
  }
}
