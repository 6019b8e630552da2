import type { Configuration } from '#config/configuration.ts';
import { withStore } from '#store/store.ts';
import { type ConnectionCheck, type Finding, failure, warning } from './finding.ts';

/** What an event takes in the window for duplicates at most: an entry of a set, while it grows. */
const BYTES_OF_NAME = 70;

const MEBIBYTE = 1_048_576;

interface Sections {
  readonly receipts: Configuration['receipts'];
  readonly ingest: Pick<Configuration['ingest'], 'duplicates'> & {
    readonly backpressure: Pick<Configuration['ingest']['backpressure'], 'pauseAtMemoryRatio'>;
  };
}

/**
 * Whether what Redis remembers of events leaves room for those that wait: it goes when its time is over
 * and not when memory is short, so that ingest would pause for as long.
 */
export function checkMemory(address: Configuration['redis'], sections: Sections): ConnectionCheck {
  return {
    subject: 'Redis',
    fix: 'see the findings about Redis',
    work: (onFailureReason) =>
      withStore(address, onFailureReason, async ({ redis }) => {
        const info = await redis.info('memory');
        const limit = Number(/^maxmemory:(\d+)/m.exec(info)?.[1] ?? 0);
        return memoryFindings(sections, limit);
      }).catch(() => []),
  };
}

/** @param limit `maxmemory` of Redis; 0 for none */
export function memoryFindings({ receipts, ingest }: Sections, limit: number): Finding[] {
  const { backpressure, duplicates } = ingest;
  const kept =
    (receipts.enabled ? receipts.maxBytes : 0) +
    (duplicates.enabled ? duplicates.maxEvents * BYTES_OF_NAME : 0);
  const pausesAt = limit * backpressure.pauseAtMemoryRatio;
  if (limit === 0 || kept <= pausesAt / 2) return [];
  const mebibytes = (bytes: number): string => `${Math.ceil(bytes / MEBIBYTE)} MiB`;
  const problem = `receipts and the window for duplicates may take ${mebibytes(kept)}, and ingest pauses when ${mebibytes(pausesAt)} of ${mebibytes(limit)} are used`;
  const fix = 'raise maxmemory, or lower receipts.maxBytes and ingest.duplicates.maxEvents';
  return [kept < pausesAt ? warning('Redis', problem, fix) : failure('Redis', problem, fix)];
}
