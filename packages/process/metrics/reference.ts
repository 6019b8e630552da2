import type { Declaration, Declarations, LabelValues } from './declare.ts';
import { type KnownValues, valuesOf } from './registry.ts';

/** The configuration that the numbers of series refer to. */
const EXAMPLE = { pixels: ['1', '2', '3'], detailed: [], topics: ['track'] };

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
    return `| ${cells.join(' | ')} | ${seriesOf(declared, EXAMPLE)} | ${help} |`;
  });
  return `# Metrics

Each process serves its metrics at \`/metrics\` on its own port, together with the \`process_*\` and
\`nodejs_*\` metrics of the runtime. A label has the values listed, those of the configuration (pixels,
topics), or up to the given number of values known only at run time. Counters and histograms start at
zero for every combination of labels that is known in advance, so that \`rate\` sees the first event.
Detailed pixels are those of \`metrics.detailedPixels\`, by default none: each has a series of its own,
and all others count together as \`other\`. A sum over the label \`pixel\` is that of all pixels.
Durations are in seconds, sizes in bytes, ratios between 0 and 1. The gauges of a pixel disappear when a
reload removes it from the configuration.

Sum the values of several processes. Gauges of the whole fleet come from Redis or Kafka, and one process
serves them: the copy of control that does the duties of the fleet (\`capi_control_duties\`), so that
\`sum\` and \`max\` agree. They move to another copy with the duties, and are absent while no copy does
them.

The number of series is the most that one process serves with ${EXAMPLE.pixels.length} pixels, none of them detailed, and
${EXAMPLE.topics.length} topic: ${totalOf(services.ingest, EXAMPLE)} for ingest, ${totalOf(services.worker, EXAMPLE)} for a worker and ${totalOf(services.control, EXAMPLE)} for control. One pixel more adds ${perPixel(services.ingest)}
for ingest, ${perPixel(services.worker)} for a worker and ${perPixel(services.control)} for control.

\`make docs\` generates this page.

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

function totalOf(declarations: Declarations, known: KnownValues): number {
  return Object.values(declarations).reduce((sum, declared) => sum + seriesOf(declared, known), 0);
}

/** What a pixel that is not detailed adds. */
function perPixel(declarations: Declarations): number {
  const more = { ...EXAMPLE, pixels: [...EXAMPLE.pixels, '4'] };
  return totalOf(declarations, more) - totalOf(declarations, EXAMPLE);
}

/** The most there can be. A histogram has a series for each bucket, `+Inf`, sum and count. */
function seriesOf({ labels, initial, buckets }: Declaration, known: KnownValues): number {
  const combinations = Object.values(initial ?? labels).reduce(
    (product, values) => product * count(values, known),
    1,
  );
  return combinations * (buckets === undefined ? 1 : buckets.length + 3);
}

function count(values: LabelValues, known: KnownValues): number {
  const atRunTime = typeof values === 'object' && 'upTo' in values;
  return atRunTime ? values.upTo : valuesOf(values, known).length;
}
