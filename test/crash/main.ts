import { parseArgs } from 'node:util';
import { openArena } from './arena.ts';
import { PROOFS } from './catalogue.ts';
import type { Proof } from './proof.ts';
import { append, type Result } from './results.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: String(Date.now()) },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs one proof on a Kafka and a Redis of its own. */
async function run({ name, promise, run: prove }: Proof, seed: string): Promise<Result> {
  say(`\n${name}: ${promise} (seed ${seed})`);
  const started = performance.now();
  const arena = await openArena();
  try {
    const evidence = await prove({ arena, seed, say: (line) => say(`  ${line}`) });
    const seconds = Math.round((performance.now() - started) / 1000);
    return { proof: name, promise, seed, at: new Date().toISOString(), seconds, ...evidence };
  } finally {
    await arena.close();
  }
}

function report({ events, lost, duplicatedByIngest, duplicatedByWorkers, ...rest }: Result): void {
  const { allowed, notes, faults, seconds, disturbances } = rest;
  say(`  ${disturbances}`);
  say(
    `  ${events} events, ${lost} lost, duplicated: ${duplicatedByIngest} by ingest, ${duplicatedByWorkers} by workers (${allowed} allowed), ${seconds} s`,
  );
  for (const note of notes) say(`  ${note}`);
  for (const fault of faults) say(`  FAULT ${fault}`);
  say(faults.length === 0 ? '  holds' : '  DOES NOT HOLD');
}

const wanted = values.only === '' ? null : new Set(values.only.split(','));
const chosen = PROOFS.filter(({ name }) => wanted === null || wanted.has(name));
if (chosen.length === 0 || (wanted !== null && chosen.length < wanted.size)) {
  say(`--only takes: ${PROOFS.map(({ name }) => name).join()}`);
  process.exit(2);
}
let failed = 0;
for (const proof of chosen) {
  const result = await run(proof, values.seed);
  report(result);
  if (result.faults.length > 0) failed += 1;
  append(result);
}
process.exit(failed === 0 ? 0 : 1);
