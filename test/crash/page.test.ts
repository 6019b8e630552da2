import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { PROOFS } from './catalogue.ts';
import { PAGE, promisesPage } from './page.ts';
import { readResults } from './results.ts';

const results = readResults();

test('docs/promises.md says what the runs found, and nothing else', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(promisesPage(results));
});

test('every result belongs to a proof that can be run again', () => {
  const names = PROOFS.map(({ name }) => name);
  for (const { proof } of results) expect(names).toContain(proof);
});

test('every run that did not hold is explained, and its proof has held since', () => {
  const latest = new Map(results.map((result) => [result.proof, result]));
  for (const { proof, faults, explained } of results.filter(({ faults }) => faults.length > 0)) {
    expect([proof, faults, explained]).toEqual([
      proof,
      faults,
      { cause: expect.stringMatching(/./), fix: expect.stringMatching(/./) },
    ]);
    expect([proof, latest.get(proof)?.faults]).toEqual([proof, []]);
  }
});
