import { type Declaration, METRICS } from './declarations.ts';

/** The reference page of every metric, from its declaration. */
export function metricsPage(): string {
  const rows = Object.values(METRICS).map((declared: Declaration) => {
    const { name, kind, labels, services, help } = declared;
    const shown = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${kind} | ${shown} | ${services.join(', ')} | ${help} |`;
  });
  return `# Metrics

Every process serves these at \`/metrics\` of its own port, beside \`process_*\` and \`nodejs_*\` of the
runtime. Labels have values of closed lists, or of the configuration: topics, partitions, pixels.

This page is written by \`make docs\`.

| metric | type | labels | served by | meaning |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
