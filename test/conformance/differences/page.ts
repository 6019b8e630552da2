import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ComparedField, FIELDS } from './fields.ts';
import type { Library } from './libraries.ts';
import type { Result } from './result.ts';
import { type Feed, type Reason, type Row, readInputs, readReasons, readRows } from './rows.ts';

/** Rows of a table before it refers to the data. */
const MOST_ROWS = 10;

const inputs = readInputs();
const reasons = readReasons();

/** docs/differences.md, made of the data that the differential test holds us to. */
export function differencesPage(): string {
  const rows = readRows();
  const head = readFileSync(join(import.meta.dirname, 'introduction.md'), 'utf8');
  const sections = Object.keys(FIELDS).map((name) =>
    sectionOf(
      name,
      rows.filter(({ field }) => field === name),
    ),
  );
  return `${filledIn(head, rows)}\n${agreement(rows)}\n${sections.join('\n')}`;
}

function filledIn(text: string, rows: readonly Row[]): string {
  const manifest = readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8');
  const { devDependencies: versions } = JSON.parse(manifest) as {
    devDependencies: Record<string, string>;
  };
  const facts: Record<string, string> = {
    sdkVersion: versions['facebook-nodejs-business-sdk'] ?? '',
    builderVersion: versions['capi-param-builder-nodejs'] ?? '',
    values: String(Object.values(inputs).flat().length),
    fields: String(Object.keys(inputs).length),
    differences: String(rows.length),
  };
  return text.replace(/\{(\w+)\}/g, (_, name: string) => facts[name] ?? '');
}

/** How often everybody says the same, field by field. */
function agreement(rows: readonly Row[]): string {
  const lines = Object.entries(FIELDS).map(([name, { title, builder }]) => {
    const all = inputs[name]?.length ?? 0;
    const same = (library: Library): number =>
      all - rows.filter((row) => row.field === name && row.library === library).length;
    const link = `[${title}](#${anchorOf(title)})`;
    return `| ${link} | ${all} | ${same('sdk')} | ${builder === undefined ? '' : same('builder')} |`;
  });
  return `## In numbers

| field | values fed in | as the SDK | as the parameter builder |
| --- | --- | --- | --- |
${lines.join('\n')}
`;
}

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}

function sectionOf(name: string, rows: readonly Row[]): string {
  const field = FIELDS[name];
  if (field === undefined) return '';
  const keys = [...new Set(rows.map(({ reason }) => reason))];
  const parts = keys.map((key) =>
    partOf(
      field,
      rows,
      rows.filter(({ reason }) => reason === key),
      reasons[key],
    ),
  );
  return `## ${field.title}\n\n\`${field.from}\` → \`${field.to}\`\n\n${parts.join('\n')}`;
}

function partOf(
  field: ComparedField,
  all: readonly Row[],
  rows: readonly Row[],
  reason: Reason | undefined,
): string {
  const feeds = [...new Map(rows.map((row) => [keyOf(row), row])).values()];
  const hasBuilder = field.builder !== undefined;
  const columns = ['value', 'capi-relay', 'SDK', ...(hasBuilder ? ['parameter builder'] : [])];
  const lines = feeds.slice(0, MOST_ROWS).map((row) => {
    const of = (library: Library): string => answerOf(all, row, library);
    return [fed(row), shown(row.ours), of('sdk'), ...(hasBuilder ? [of('builder')] : [])];
  });
  const table = [columns, columns.map(() => '---'), ...lines].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
  const more = feeds.length - lines.length;
  const rest = more === 0 ? '' : `\nand ${more} more values of this kind.\n`;
  return `${reason?.because} *(${reason?.source})*\n\n${table.join('\n')}\n${rest}`;
}

/** What a library makes of the same value; where no row tells, it is the same as here. */
function answerOf(all: readonly Row[], { ours, ...row }: Row, library: Library): string {
  const found = all.find((each) => each.library === library && keyOf(each) === keyOf(row));
  if (found === undefined) return 'the same';
  const isClear = library === 'sdk' && row.field === 'external_id' && typeof ours === 'object';
  return isClear ? `${shown(found.theirs)} in clear` : shown(found.theirs);
}

function keyOf({ input, country = '' }: Feed): string {
  return JSON.stringify([input, country]);
}

function fed({ input, country }: Feed): string {
  return country === undefined ? code(input) : `${code(input)} in ${country.toUpperCase()}`;
}

function shown(result: Result): string {
  if (typeof result === 'string') return '–';
  if ('sent' in result) return code(result.sent);
  return result.refused === 'throws' ? 'throws' : `refused: \`${result.refused}\``;
}

const LONGEST = 44;
const INVISIBLE = /[\p{C}\u00a0]/gu;

/** A value as code inside a table; what cannot be seen is spelled out. */
function code(value: unknown): string {
  const text = (JSON.stringify(value) ?? '').replace(INVISIBLE, (character) => {
    const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
  const characters = Array.from(text);
  const short =
    characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join('')}…` : text;
  const ticks = short.includes('`') ? '``' : '`';
  return `${ticks}${short.replaceAll('|', '\\|')}${ticks}`;
}
