import type { Declaration, Declarations, LabelValues } from './declare.ts';

/** For what the estimates of series are made. */
const EXAMPLE = { pixels: 3, topics: 1 };

/**
 * The reference page of every metric, from its declaration.
 * @param services each with what it serves
 */
export function metricsPage(
  services: Readonly<
    Record<'ingest' | 'worker' | 'control', Declarations> & Record<string, Declarations>
  >,
): string {
  const metrics: Declarations = Object.assign({}, ...Object.values(services));
  const rows = Object.entries(metrics).map(([key, declared]) => {
    const { name, kind, unit, scope, labels, help } = declared;
    const servedBy = Object.keys(services).filter((service) => key in (services[service] ?? {}));
    const shown = Object.entries(labels).map(([label, values]) => labelCell(label, values));
    const by = `${servedBy.join(', ')}${scope === 'fleet' ? ': one process' : ''}`;
    const cells = [`\`${name}\``, kind, unit, shown.join('; '), by];
    return `| ${cells.join(' | ')} | ${seriesOf(declared)} | ${help} |`;
  });
  return `# Metrics

Every process serves these at \`/metrics\` of its own port, beside \`process_*\` and \`nodejs_*\` of the
runtime. Labels have the values that are listed, or those of the configuration (pixels, topics), or
values that turn up while the process runs, up to the number that is given. Counters and histograms
begin at zero for every combination that is known beforehand, so that \`rate\` sees the first event.
Durations are seconds, sizes bytes, shares between 0 and 1. Gauges of a pixel disappear when a reload
takes it out of the configuration.

Where several processes run, their values are added up. Gauges of the whole fleet come from Redis or
Kafka, and one process serves them: of several copies of control the one that does the duties of the
fleet (\`capi_control_duties\`), so that \`sum\` and \`max\` say the same. They move to another copy with the
duties, and there are none while no copy does them.

The number of series is the most that one process serves with ${EXAMPLE.pixels} pixels and ${EXAMPLE.topics} topic: ${totalOf(services.ingest)} of ingest,
${totalOf(services.worker)} of a worker and ${totalOf(services.control)} of control in all.

This page is written by \`make docs\`.

| metric | type | unit | labels | served by | series | meaning |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function labelCell(label: string, values: LabelValues): string {
  if (typeof values === 'string') return `\`${label}\`: ${values}`;
  if ('upTo' in values) return `\`${label}\`: up to ${values.upTo}`;
  return `\`${label}\`: ${values.join(', ')}`;
}

function totalOf(declarations: Declarations): number {
  return Object.values(declarations).reduce((sum, declared) => sum + seriesOf(declared), 0);
}

/** At most, for the example. A histogram has a series for each bucket, one without end, sum and count. */
function seriesOf({ labels, buckets }: Declaration): number {
  const combinations = Object.values(labels).reduce(
    (product, values) => product * count(values),
    1,
  );
  return combinations * (buckets === undefined ? 1 : buckets.length + 3);
}

function count(values: LabelValues): number {
  switch (values) {
    case 'pixels':
      return EXAMPLE.pixels;
    case 'pixels and none':
      return EXAMPLE.pixels + 1;
    case 'topics':
      return EXAMPLE.topics;
    default:
      return 'upTo' in values ? values.upTo : values.length;
  }
}
