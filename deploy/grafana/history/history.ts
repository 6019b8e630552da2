import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { openMetrics } from './open-metrics.ts';
import { type ProcessCounts, processes } from './processes.ts';
import { story } from './story.ts';

const run = promisify(execFile);

/** A fictional history of a fleet. */
export interface History {
  /** Its end, in Unix seconds. */
  readonly end: number;
  readonly hours: number;
  /** Seconds between two scrapes. */
  readonly step: number;
  readonly fleet: ProcessCounts;
}

/**
 * Writes a fictional history into the data of a Prometheus that is not running: some hours of all
 * metrics, and of last week those that dashboards compare with.
 */
export async function writeHistory(
  history: History,
  data: string,
  promtool: string,
): Promise<void> {
  const { end, hours, step } = history;
  const fleet = processes(history.fleet);
  await mkdir(data, { recursive: true });
  const lastWeek = story(end, hours, step, 'last');
  await addBlocks(
    openMetrics(lastWeek, fleet, step, ['matchKeys', 'ingestEvents']),
    data,
    promtool,
  );
  await addBlocks(openMetrics(story(end, hours, step), fleet, step), data, promtool);
}

async function addBlocks(text: Iterable<string>, data: string, promtool: string): Promise<void> {
  const file = join(data, 'history.txt');
  await pipeline(Readable.from(text), createWriteStream(file));
  // One block: promtool reads the whole file once per block.
  const blocks = ['tsdb', 'create-blocks-from', '--max-block-duration=240h', '--quiet'];
  await run(promtool, [...blocks, 'openmetrics', file, data]);
  await rm(file);
}
