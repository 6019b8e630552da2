import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { CHART } from '../chart-files.ts';

const run = promisify(execFile);

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: z.record(z.string(), z.string()) }),
});

/** An object of Kubernetes, as the chart renders it. */
export type KubernetesObject = z.infer<typeof objectSchema>;

/** A folder or program that `make test-helm` names. */
function named(variable: string): string {
  const value = process.env[variable];
  if (value === undefined) throw new Error(`${variable} is not set: run make test-helm`);
  return value;
}

/** A helm that Go built asks no cluster, and takes an old release unless it is told one. */
export const RELEASE_FLAGS = ['--kube-version', '1.37.0'];

/** @throws Error with what helm says is wrong */
export async function helm(args: readonly string[]): Promise<string> {
  const { stdout } = await run(named('TEST_HELM'), [...args], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** What the chart renders with a set of values and further ones, such as `ingest.port=1`. */
export async function render(
  set: string,
  further: readonly string[] = [],
): Promise<KubernetesObject[]> {
  const values = ['--values', join(CHART, `ci/${set}-values.yaml`)];
  const more = further.flatMap((each) => ['--set', each]);
  const place = ['--namespace', 'events', ...RELEASE_FLAGS];
  const text = await helm(['template', 'relay', CHART, ...place, ...values, ...more]);
  return parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((each) => each !== null)
    .map((each) => objectSchema.parse(each));
}

/** Checks objects against the schemas of a release of Kubernetes, which allow no unknown field. */
export function createValidator(release: string): (object: KubernetesObject) => string[] | null {
  const folder = join(named('KUBERNETES_SCHEMAS'), `v${release}.0-local-strict`);
  const read = (name: string): Record<string, unknown> =>
    z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(read('_definitions.json'), '_definitions.json');
  const known = new Map<string, ValidateFunction>();
  return (object) => {
    const file = schemaFile(object);
    if (file === null) return null;
    const validate = known.get(file) ?? ajv.compile(read(file));
    known.set(file, validate);
    if (validate(object)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

/** The file of an object's schema; null for a kind that Kubernetes itself does not have. */
function schemaFile({ apiVersion, kind }: KubernetesObject): string | null {
  const [group = '', version] = apiVersion.split('/');
  if (version === undefined) return `${kind.toLowerCase()}-${group}.json`;
  if (group.includes('.') && !group.endsWith('.k8s.io')) return null;
  return `${kind.toLowerCase()}-${group.split('.')[0]}-${version}.json`;
}
