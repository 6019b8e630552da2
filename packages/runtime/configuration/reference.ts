import { z } from 'zod';
import { fileSchema } from './schema.ts';

/** The part of a JSON Schema that the reference page needs. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly required?: readonly string[];
}

/** The JSON Schema of the configuration file, for editors: what may be written, before defaults. */
export function configurationSchema(): object {
  return {
    ...z.toJSONSchema(fileSchema, { io: 'input' }),
    title: 'capi-relay configuration',
  };
}

/** The reference page: every key with type, default and meaning, from the same declarations. */
export function configurationPage(): string {
  const rows = rowsOf(configurationSchema() as Node, '');
  return `# Configuration

One YAML or JSON file, named by \`--config\` or \`CAPI_RELAY_CONFIG\`.
[\`deploy/capi-relay.sample.yaml\`](../deploy/capi-relay.sample.yaml) is one to begin with;
[\`capi-relay.schema.json\`](capi-relay.schema.json) lets editors complete it. \`capi-relay check\` says
what is wrong with a file and how to mend it.

- \`\${NAME}\` in a value stands for an environment variable; \`$\${NAME}\` for itself.
- \`KAFKA_BROKERS\` (comma-separated), \`REDIS_URL\` and \`GRAPH_API_URL\` override the file.
- Secrets may stand in files: \`accessTokenFile\`, \`keyFile\`, \`passwordFile\`. Relative paths begin at the
  folder of the configuration file.
- A change of the file, of a file it takes a secret from, or SIGHUP reloads the pixels without a
  restart. A new file with problems is refused, and what ran before goes on.
- Times are milliseconds, sizes bytes.

This page is written by \`make docs\`.

| key | type | default | meaning |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function rowsOf(node: Node, path: string): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const at = path === '' ? key : `${path}.${key}`;
    const required = node.required?.includes(key) ?? false;
    return [...rowOf(child, at, required), ...childRows(child, at)];
  });
}

/** Sections have rows of their own keys only, unless there is something to say of them as a whole. */
function rowOf(node: Node, path: string, required: boolean): string[] {
  if (node.properties !== undefined && node.description === undefined) return [];
  const byDefault = node.properties === undefined ? defaultOf(node, required) : '';
  const cells = [`\`${path}\``, typeOf(node), byDefault, node.description ?? ''];
  return [`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`];
}

function childRows(node: Node, path: string): string[] {
  const forms = [node, ...(node.anyOf ?? [])];
  return forms.flatMap((form) => {
    if (form.properties !== undefined) return rowsOf(form, path);
    return form.items?.properties === undefined ? [] : rowsOf(form.items, `${path}[]`);
  });
}

function defaultOf(node: Node, required: boolean): string {
  if (node.default !== undefined) return `\`${JSON.stringify(node.default)}\``;
  return required ? '(required)' : '';
}

function typeOf(node: Node): string {
  if (node.enum !== undefined) return node.enum.map((value) => `\`${value}\``).join(', ');
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeOf))].join(' or ');
  if (node.type === 'array')
    return `list of ${node.items === undefined ? 'any' : typeOf(node.items)}`;
  return node.type ?? 'any';
}
