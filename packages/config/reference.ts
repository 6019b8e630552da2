import { OVERRIDES } from './environment.ts';
import { type JsonSchema, writtenForm } from './json-schema.ts';

const INTRODUCTION = `# Configuration

One YAML or JSON file, given by \`--config\` or \`CAPI_RELAY_CONFIG\`.
Start from [\`deploy/capi-relay.sample.yaml\`](../deploy/capi-relay.sample.yaml);
[\`capi-relay.schema.json\`](capi-relay.schema.json) enables completion in editors. \`capi-relay check\`
lists every problem of a file with its location and a fix, then tests each connection.

- \`\${NAME}\` in a value is replaced by an environment variable and converted to a number, a boolean or
  a list (comma-separated) where the key needs one; \`$\${NAME}\` stands for itself. A variable that is
  not set is an error. Inside braces or brackets YAML needs quotes around it.
- ${OVERRIDES.map(({ variable, path }) => `\`${variable}\` overrides \`${path.join('.')}\``).join(', ')}.
- Secrets can be read from files: \`accessTokenFile\`, \`appSecretFile\`, \`keyFile\`, \`passwordFile\`. Relative paths start
  at the folder of the configuration file; whitespace at the end of a file is ignored.
- An unknown key, a value of the wrong type, a missing secret: all problems are listed at once, each
  with its path, its line and a fix, and nothing starts. Values are never shown.
- A change of the file or of a file that holds a secret, or SIGHUP, reloads the pixels and the log
  level without a restart; the log names changes that need one. A file with problems is refused, and
  the previous configuration stays in effect.
- The environment of a process cannot change while it runs: SIGHUP reads the file again with the variables that
  the process was started with. A token that is to change without a restart belongs in a file (\`accessTokenFile\`).
- Durations are in milliseconds, sizes in bytes.

\`make docs\` generates this page.
`;

/** The reference page, from the schema: every key with type, default and meaning. */
export function configurationPage(): string {
  const { properties = {}, required = [] } = writtenForm();
  const sections = Object.entries(properties).map(([name, section]) =>
    sectionOf(name, section, required.includes(name)),
  );
  return [INTRODUCTION, ...sections].join('\n');
}

function sectionOf(name: string, section: JsonSchema, required: boolean): string {
  const rows = rowsBelow(section, name);
  return `## \`${name}\`${required ? ' (required)' : ''}

${section.description ?? ''}

| key | type | default | meaning |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

/** Rows of the keys in a mapping, in the members of a union, or in the items of a list. */
function rowsBelow(schema: JsonSchema, path: string): string[] {
  return [schema, ...(schema.anyOf ?? [])].flatMap((form) => {
    if (form.items?.properties !== undefined) return rowsBelow(form.items, `${path}[]`);
    return Object.entries(form.properties ?? {}).flatMap(([key, value]) => {
      const required = form.required?.includes(key) ?? false;
      return [rowOf(value, `${path}.${key}`, required), ...rowsBelow(value, `${path}.${key}`)];
    });
  });
}

function rowOf(schema: JsonSchema, path: string, required: boolean): string {
  const cells = [
    `\`${path}\``,
    typeOf(schema),
    required ? '(required)' : defaultOf(schema),
    schema.description ?? '',
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** A mapping has the defaults of its keys. */
function defaultOf({ default: value, properties }: JsonSchema): string {
  return value === undefined || properties !== undefined ? '' : `\`${JSON.stringify(value)}\``;
}

const WORDS: Readonly<Record<string, string>> = {
  integer: 'integer',
  number: 'number',
  string: 'string',
  boolean: '`true`, `false`',
  null: '`null`',
  object: 'mapping',
};

function typeOf({ $ref, type, enum: values, const: value, anyOf, items }: JsonSchema): string {
  if ($ref !== undefined) return '[condition](rules.md#conditions)';
  if (values !== undefined) return values.map((each) => `\`${each}\``).join(', ');
  if (value !== undefined) return `\`${value}\``;
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join(' or ');
  if (items?.properties !== undefined) return 'list of mappings';
  if (items !== undefined) return `list of ${typeOf(items)}`;
  return [type ?? []]
    .flat()
    .map((word) => WORDS[word] ?? word)
    .join(' or ');
}
