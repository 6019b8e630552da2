import { relative } from 'node:path';

/** The parts of jest's reporter interface that are used here. */
interface TestFile {
  readonly path: string;
}
interface Totals {
  readonly numTotalTestSuites: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

const EVERY_MS = 15_000;

/**
 * Says every 15 seconds how many test files have ended and which ones run, because a file that meets
 * real servers may take a minute; and at the end, in one plain line, how many tests passed.
 */
export default class ProgressReporter {
  private readonly running = new Map<string, number>();
  private readonly startedAt = performance.now();
  private ended = 0;
  private total = 0;
  private timer: NodeJS.Timeout | null = null;

  onRunStart(totals: Totals): void {
    this.total = totals.numTotalTestSuites;
    this.timer = setInterval(() => this.say(), EVERY_MS);
    this.timer.unref();
  }

  onTestFileStart(file: TestFile): void {
    this.running.set(file.path, performance.now());
  }

  onTestFileResult(file: TestFile): void {
    this.running.delete(file.path);
    this.ended += 1;
  }

  onRunComplete(_files: unknown, totals: Totals): void {
    if (this.timer !== null) clearInterval(this.timer);
    process.stderr.write(`\n${totals.numPassedTests} passed, ${totals.numFailedTests} failed\n`);
  }

  private say(): void {
    const running = [...this.running].map(
      ([path, since]) => `${relative(process.cwd(), path)} (${secondsSince(since)} s)`,
    );
    const head = `… ${secondsSince(this.startedAt)} s: ${this.ended} of ${this.total} files`;
    process.stderr.write(`${[head, ...running].join(' · ')}\n`);
  }
}

function secondsSince(moment: number): number {
  return Math.round((performance.now() - moment) / 1000);
}
