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

/** A made-up past of a fleet. */
export interface History {
  /** Its last moment, in Unix seconds. */
  readonly end: number;
  readonly hours: number;
  /** Seconds between two scrapes. */
  readonly step: number;
  readonly fleet: ProcessCounts;
}

/**
 * Puts a made-up past into the data of a Prometheus that is not running: all metrics of some hours,
 * and what is compared with the week before.
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
  // One block for all: promtool reads the whole file once for each.
  const blocks = ['tsdb', 'create-blocks-from', '--max-block-duration=240h', '--quiet'];
  await run(promtool, [...blocks, 'openmetrics', file, data]);
  await rm(file);
}
