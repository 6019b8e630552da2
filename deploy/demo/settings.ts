import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelayFleet } from '#local/relay-fleet.ts';
import { scrape } from '#local/scrape.ts';

const GIVE_UP_MS = 300_000;
const LOOK_MS = 200;

/** The configuration of a fleet that runs, as somebody changes it. */
export class Settings {
  private changes = 0;
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** Writes the file anew; resolves when every process has taken it up. */
  async change(
    { ingest, workers, control }: Pick<RelayFleet, 'ingest' | 'workers' | 'control'>,
    edit: (text: string) => string,
  ): Promise<void> {
    const before = await readFile(this.file, 'utf8');
    const after = edit(before);
    if (after === before) throw new Error('this changes nothing');
    await writeFile(this.file, after);
    this.changes += 1;
    const processes = [ingest, ...workers, control];
    const deadline = Date.now() + GIVE_UP_MS;
    for (;;) {
      const applied = await Promise.all(processes.map(({ url }) => appliedBy(url)));
      if (applied.every((times) => times >= this.changes)) return;
      if (Date.now() > deadline) throw new Error('the configuration was not taken up in time');
      await sleep(LOOK_MS);
    }
  }
}

async function appliedBy(url: string): Promise<number> {
  const samples = await scrape([url]);
  return samples.sum('capi_configuration_reloads_total', { result: 'applied' });
}
