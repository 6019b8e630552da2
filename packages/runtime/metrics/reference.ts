import { type Declaration, type LabelValues, METRICS } from './declarations.ts';

/** The reference page of every metric, from its declaration. */
export function metricsPage(): string {
  const rows = Object.values<Declaration>(METRICS).map((declared) => {
    const { name, kind, labels, services, help } = declared;
    const shown = Object.entries(labels).map(([label, values]) => labelCell(label, values));
    return `| \`${name}\` | ${kind} | ${shown.join('; ')} | ${services.join(', ')} | ${help} |`;
  });
  return `# Metrics

Every process serves these at \`/metrics\` of its own port, beside \`process_*\` and \`nodejs_*\` of the
runtime. Labels have the values that are listed, or those of the configuration (pixels, topics);
"…" marks the few whose values turn up while the process runs. Counters and histograms begin at zero
for every combination that is known beforehand, so that \`rate\` sees the first event. Durations are
seconds, sizes bytes.

This page is written by \`make docs\`.

| metric | type | labels | served by | meaning |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function labelCell(label: string, values: LabelValues): string {
  if (typeof values !== 'string') return `\`${label}\`: ${values.join(', ')}`;
  return values === 'open' ? `\`${label}\`: …` : `\`${label}\`: ${values}`;
}
