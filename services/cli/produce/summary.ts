import { formatCount } from '#core/text/format.ts';
import type { TrafficCounts } from './generator.ts';

/** What a run sent. */
export interface ProduceSummary {
  /** Null for a dry run. */
  readonly topic: string | null;
  readonly messages: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly messagesPerSecond: number;
  /** Omitted when the messages come from a file. */
  readonly generated?: {
    readonly seed: string;
    /** ISO 8601; omitted when the clock was used. */
    readonly start?: string;
    readonly kinds: TrafficCounts['kinds'];
    readonly events: TrafficCounts['events'];
    readonly sources: TrafficCounts['sources'];
  };
}

/** The summary as text. */
export function renderSummary(summary: ProduceSummary): string {
  const { topic, messages, seconds, bytes, generated } = summary;
  const verb = topic === null ? 'printed' : `sent to ${topic}`;
  const rate = formatCount(summary.messagesPerSecond);
  const lines = [
    `${formatCount(messages)} messages ${verb} in ${seconds.toFixed(1)} s: ${rate} per second, ${size(bytes)}`,
  ];
  if (generated !== undefined) {
    const { good = 0, ...bad } = generated.kinds;
    const shops = Object.entries(generated.sources).map(([name, { all }]) => [name, all] as const);
    lines.push(
      `  good   ${formatCount(good)}: ${list(generated.events)}`,
      `  bad    ${formatCount(messages - good)}${messages > good ? `: ${list(bad)}` : ''}`,
      `  shops  ${list(Object.fromEntries(shops))}`,
      `  seed   ${generated.seed}${generated.start === undefined ? '' : ` at ${generated.start}`}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

/** `a 1,000 · b 20`, the most frequent first. */
function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${formatCount(count)}`)
    .join(' · ');
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
