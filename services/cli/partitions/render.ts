import type { PartitionReading } from './partitions.ts';

/** A line for each partition, and below them what to do about those that are halted. */
export function renderPartitions(partitions: readonly PartitionReading[]): string {
  const rows = partitions.map((each) => [
    `${each.topic}/${each.partition}`,
    `${each.logStart}–${each.logEnd}`,
    each.taken === null ? 'nothing' : `${each.taken}`,
    each.haltedAt === null ? '' : `halted: the log ended at ${each.haltedAt}`,
  ]);
  const table = [['PARTITION', 'LOG', 'TAKEN UP TO', ''], ...rows];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const halted = partitions.filter(({ haltedAt }) => haltedAt !== null);
  const steps = halted.map(
    ({ topic, partition, haltedAt }) =>
      `  capi-relay partitions --resume ${topic}/${partition} --at ${haltedAt}`,
  );
  const advice =
    steps.length === 0
      ? []
      : ['', 'A halted partition goes on where you say (docs/runbooks.md#capipartitionhalted):'];
  return `${[...lines, ...advice, ...steps].join('\n')}\n`;
}
