import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { inRepository } from '#test/support/in-repository.ts';

export const CHART = inRepository('deploy/helm/capi-relay');

export const PROCESSES = ['ingest', 'worker', 'control'] as const;

const mapping = z.record(z.string(), z.unknown());

export function readChartFile(path: string): string {
  return readFileSync(join(CHART, path), 'utf8');
}

export function readMapping(path: string): Record<string, unknown> {
  return mapping.parse(parse(readChartFile(path)));
}

/** Name → values of each set that the chart is tested with. */
export const VALUE_SETS = new Map(
  readdirSync(join(CHART, 'ci')).map((name) => [
    name.replace(/-values\.yaml$/, ''),
    readMapping(join('ci', name)),
  ]),
);

/** Name → text of each template. */
export const TEMPLATES = new Map(
  readdirSync(join(CHART, 'templates')).map((name) => [name, readChartFile(`templates/${name}`)]),
);

/** The text of a named template, without its definition. */
export function namedTemplate(name: string): string {
  for (const text of TEMPLATES.values()) {
    const [, rest] = text.split(`{{- define "${name}" -}}\n`);
    if (rest !== undefined) return rest.split('\n{{- end }}')[0] ?? '';
  }
  throw new Error(`no template is named ${name}`);
}

/** Every path of a mapping that leads to no further mapping, such as `keda.enabled`. */
export function leavesOf(value: unknown, path: readonly string[] = []): string[] {
  const nested = mapping.safeParse(value);
  if (!nested.success || Object.keys(nested.data).length === 0) return [path.join('.')];
  return Object.entries(nested.data).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}
