import { composeDown } from './compose.ts';
import { runProgram, say } from './server.ts';
import { end } from './started-process.ts';
import { forgetState, PROJECT, readState, readUpFlags } from './state.ts';

/** Longer than the orderly stop of ingest or a worker. */
const PATIENCE_MS = 40_000;

async function down(folder: string): Promise<void> {
  const state = await readState(folder);
  if (state === null) {
    say('Nothing is up.');
    return;
  }
  for (const each of [...state.relay, ...state.processes]) await end(each, PATIENCE_MS);
  if (state.by === 'compose') await composeDown(PROJECT, 'keep data');
  await forgetState(folder);
  const where = state.by === 'compose' ? 'volumes of Docker' : folder;
  say(`Stopped. The data stays in ${where} for the next \`make up\`.`);
}

await runProgram(() => down(readUpFlags().folder));
