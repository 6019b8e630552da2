import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { DeadLetterFacts } from '#core/dead-letter.ts';
import { type Keys, NO_PIXEL } from './keys.ts';
import type { ScriptArgument } from './scripts.ts';
import type { Sealer } from './sealing.ts';

const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
const MAX_OPENED_BYTES = 256 * 1024 * 1024;

/** A dead letter with what it takes to send its event once the cause is mended. */
export interface DeadLetter {
  readonly facts: DeadLetterFacts;
  /** The message or the record, as `facts.holds` says. */
  readonly content: Buffer;
}

/** The keys that the scripts write dead letters to, in the order they expect. */
export function burialKeys(keys: Keys): [string, string, string, string] {
  return [keys.deadFacts, keys.deadSealed, keys.deadCounts, keys.deadTimes];
}

/** The arguments of the scripts for some dead letters: five for each. */
export function burialArguments(sealer: Sealer, letters: readonly DeadLetter[]): ScriptArgument[] {
  return letters.flatMap(({ facts, content }) => [
    facts.id,
    JSON.stringify(facts),
    sealer.seal(zstdCompressSync(content, ZSTD), contextOf(facts.id)),
    countField(facts),
    facts.diedAt,
  ]);
}

/** @throws SealError */
export function openContent(sealer: Sealer, id: string, sealed: Buffer): Buffer {
  return zstdDecompressSync(sealer.open(sealed, contextOf(id)), {
    maxOutputLength: MAX_OPENED_BYTES,
  });
}

/** Field of the hash that counts dead letters by pixel, stage and reason. */
export function countField(facts: DeadLetterFacts): string {
  return `${facts.pixelId ?? NO_PIXEL}|${facts.stage}|${facts.reason}`;
}

function contextOf(id: string): string {
  return `dead-letter:${id}`;
}
