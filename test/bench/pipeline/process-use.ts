import { readFile } from 'node:fs/promises';

/** Linux counts a process's CPU in hundredths of a second, whatever the architecture. */
const TICK_US = 10_000;

/** CPU that a process has used since its start, in µs. */
export interface CpuUse {
  readonly process: number;
  /** Of its first thread alone, on which JavaScript runs; the rest is helpers of V8 and of libuv. */
  readonly main: number;
}

/** @throws Error where there is no /proc, or no such process */
export async function cpuOf(pid: number): Promise<CpuUse> {
  // The part first: whatever is used between the two belongs to the whole.
  const main = cpuIn(await read(`/proc/${pid}/task/${pid}/stat`));
  return { process: cpuIn(await read(`/proc/${pid}/stat`)), main };
}

export function cpuSince(before: CpuUse, after: CpuUse): CpuUse {
  return { process: after.process - before.process, main: after.main - before.main };
}

/** The most memory that a process has had resident since its start, in MB. */
export async function peakMbOf(pid: number): Promise<number> {
  return peakMbIn(await read(`/proc/${pid}/status`));
}

/** User and system time of a `stat` file: the 12th and 13th field after the name, which may contain anything. */
export function cpuIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const us = (Number(fields[11]) + Number(fields[12])) * TICK_US;
  if (!Number.isFinite(us)) throw new Error(`no CPU time in: ${stat.slice(0, 80)}`);
  return us;
}

export function peakMbIn(status: string): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kilobytes === undefined) throw new Error('no VmHWM in the status of a process');
  return (Number(kilobytes) * 1024) / 1e6;
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${file} cannot be read (${code}): this needs Linux, and a process that runs`);
  }
}
