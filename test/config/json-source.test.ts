import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readJson } from '#config/json-source.ts';
import type { KeyPath } from '#config/problems.ts';
import { readYaml } from '#config/yaml-source.ts';

function fromYaml(text: string) {
  return readYaml('c.json', '/c.json', text);
}

function pathsOf(value: unknown, path: KeyPath = []): KeyPath[] {
  if (typeof value !== 'object' || value === null) return [path];
  const steps: [string | number, unknown][] = Array.isArray(value)
    ? value.map((each, index) => [index, each])
    : Object.entries(value);
  return [path, ...steps.flatMap(([step, each]) => pathsOf(each, [...path, step]))];
}

test('JSON is read as YAML reads it, and each value is found on the same line', () => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 });
  const indents = fc.constantFrom(0, 2, '\t');
  fc.assert(
    fc.property(objects, indents, (object, indent) => {
      const text = JSON.stringify(object, null, indent);
      const [json, yaml] = [readJson(text), fromYaml(text)];
      expect(json?.value).toEqual(yaml.value);
      for (const path of pathsOf(object)) {
        expect([path, json?.lineOf(path)]).toEqual([path, yaml.lineOf(path)]);
        expect(json?.lineOf([...path, 'gone'])).toBe(yaml.lineOf([...path, 'gone']));
      }
    }),
    { seed: 1, numRuns: 200 },
  );
});

describe('is left to YAML:', () => {
  test.each([
    ['YAML', 'a: 1'],
    ['a flow of YAML', '{a: 1}'],
    ['a list', '[1]'],
    ['a comment', '{"a": 1} # one'],
    ['a key that comes twice', '{"a": {"b": 1, "c": 2, "b": 3}}'],
    ['a key that comes twice, once escaped', '{"a": 1, "\\u0061": 2}'],
    ['a key that merges', '{"a": [{"<<": {"b": 1}}]}'],
    ['what is nested too deep', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['nothing', ''],
  ])('%s', (_, text) => {
    expect(readJson(text)).toBeNull();
  });
});

test('a name of a prototype is a key like others', () => {
  const read = readJson('{"__proto__": {"a": 1},\n"constructor": 2}');
  expect(Object.keys(read?.value ?? {})).toEqual(['__proto__', 'constructor']);
  expect(read?.lineOf(['constructor'])).toBe(2);
});
