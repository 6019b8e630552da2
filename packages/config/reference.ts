import { OVERRIDES } from './environment.ts';
import { type JsonSchema, writtenForm } from './json-schema.ts';

const INTRODUCTION = `# Configuration

One YAML or JSON file, named by \`--config\` or \`CAPI_RELAY_CONFIG\`.
[\`deploy/capi-relay.sample.yaml\`](../deploy/capi-relay.sample.yaml) is one to begin with;
[\`capi-relay.schema.json\`](capi-relay.schema.json) lets editors complete it. \`capi-relay check\` says
what is wrong with a file and with every connection that it names, and how to mend it.

- \`\${NAME}\` in a value stands for an environment variable, which becomes a number, a yes or no, or a
  list (with commas) where one is wanted; \`$\${NAME}\` stands for itself. A variable that is not set is
  an error. Between braces or brackets YAML wants quotes around it.
- ${OVERRIDES.map(({ variable, place }) => `\`${variable}\` overrides \`${place.join('.')}\``).join(', ')}.
- Secrets may stand in files of their own: \`accessTokenFile\`, \`keyFile\`, \`passwordFile\`. Relative paths
  begin at the folder of the configuration file; blanks and line breaks at the end are cut off.
- A key that does not exist, a value of another type, a missing secret: every problem is listed at
  once, with its path, its line and the mend, and nothing starts. No value is ever shown.
- A change of the file or of a file it takes a secret from, or SIGHUP, reloads the pixels and the log
  level without a restart; other changes are logged as waiting for one. A new file with problems is
  refused, and what ran before goes on.
- Durations are milliseconds, sizes bytes.

This page is written by \`make docs\`.
`;

/** The reference page: every key with type, default and meaning, from the schema itself. */
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

/** Rows of the keys in a group, in the group among several forms, or in the items of a list. */
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

/** The default of a group is that of its keys. */
function defaultOf({ default: value, properties }: JsonSchema): string {
  return value === undefined || properties !== undefined ? '' : `\`${JSON.stringify(value)}\``;
}

const WORDS: Readonly<Record<string, string>> = {
  integer: 'whole number',
  number: 'number',
  string: 'text',
  boolean: '`true`, `false`',
  null: '`null`',
  object: 'group',
};

function typeOf({ type, enum: values, const: value, anyOf, items }: JsonSchema): string {
  if (values !== undefined) return values.map((each) => `\`${each}\``).join(', ');
  if (value !== undefined) return `\`${value}\``;
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join(' or ');
  if (items?.properties !== undefined) return 'list of groups';
  if (items !== undefined) return `list: ${typeOf(items)}`;
  return [type ?? []]
    .flat()
    .map((word) => WORDS[word] ?? word)
    .join(' or ');
}
