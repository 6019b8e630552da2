import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import { asObject } from '#core/event/track-event.ts';
import { SealError, type Sealer } from '../sealing.ts';
import { parseStored } from '../stored-value.ts';

/*
 * The plain form of an envelope, before compressing and sealing:
 *
 *   {"v":1,"sources":[["topic",0],…]}\n
 *   record\n
 *   record
 *
 * Compressed as a whole, because its records are much alike, and only then sealed, because nothing
 * can be compressed after that.
 */
const VERSION = 1;
const LINE_FEED = 0x0a;

/** Level 1 takes a third of gzip's time and comes out smaller. */
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** No envelope is larger than this when opened, in bytes: a guard against a hostile Redis. */
const MAX_OPENED_BYTES = 256 * 1024 * 1024;

/** Topic and partition that records of an envelope were read from. */
export type EnvelopeSource = readonly [topic: string, partition: number];

const ENVELOPE_DATA = z.object({
  /**
   * Names this content of the envelope: another one has another name. It comes first in JSON, where
   * scripts read it. Envelopes as ingest made them have none.
   */
  v: z.string().exactOptional(),
  /** How many vanished workers are accounted for; absent for none. */
  r: z.number().exactOptional(),
  /** How many events it holds. */
  n: z.int().min(1),
  /** The sealed envelope, base64. */
  d: z.string(),
  /** Set once each of its events has failed alone, while others of the lane were accepted. */
  a: z.literal(1).exactOptional(),
});

/** The data of the BullMQ job that carries an envelope. Nothing in it can be read without the key. */
export type EnvelopeData = Readonly<z.infer<typeof ENVELOPE_DATA>>;

/** @throws UnreadableValue */
export function parseEnvelopeData(text: string): EnvelopeData {
  return parseStored(text, 'the content of an envelope', ENVELOPE_DATA);
}

/** What the data of a job say; null when they are no envelope: something else wrote them. */
export function readEnvelopeData(data: unknown): EnvelopeData | null {
  return ENVELOPE_DATA.safeParse(data).data ?? null;
}

/** What an envelope is: one of another pixel, under another id, or of another count is another one. */
interface EnvelopeName {
  readonly pixelId: string;
  /** The id of its job. What remains of a partly settled envelope keeps it. */
  readonly id: string;
}

/** An envelope that is put into the queue. */
export interface NewEnvelope extends EnvelopeName {
  readonly data: EnvelopeData;
}

/** What an envelope is sealed for: nothing else opens in its place. */
function contextOf({ pixelId, id }: EnvelopeName, n: number): string {
  return JSON.stringify(['envelope', pixelId, id, n]);
}

/** What version 1 was sealed for: its pixel alone. */
function contextOfV1({ pixelId }: EnvelopeName): string {
  return `envelope:${pixelId}`;
}

/** Most envelopes fit, so that they are decompressed in one piece. */
const OPENED_CHUNK_BYTES = 256 * 1024;

/** Compresses and seals records of one pixel. */
export function sealEnvelope(
  sealer: Sealer,
  name: EnvelopeName,
  sources: readonly EnvelopeSource[],
  lines: RecordLines,
): EnvelopeData {
  const header = Buffer.from(`${JSON.stringify({ v: VERSION, sources })}\n`, 'utf8');
  const plain = Buffer.concat([header, lines.bytes()]);
  const sealed = sealer.seal(zstdCompressSync(plain, ZSTD), contextOf(name, lines.count));
  return { n: lines.count, d: sealed.toString('base64') };
}

/** @throws SealError, or Error when it holds something else than an envelope */
export function openEnvelope(sealer: Sealer, name: EnvelopeName, { n, d }: EnvelopeData) {
  const sealed = Buffer.from(d, 'base64');
  const compressed = sealer.open(sealed, contextOf(name, n), contextOfV1(name));
  const plain = zstdDecompressSync(compressed, {
    maxOutputLength: MAX_OPENED_BYTES,
    chunkSize: OPENED_CHUNK_BYTES,
  });
  const end = plain.indexOf(LINE_FEED);
  const header = parseHeader(plain.toString('utf8', 0, end));
  const lines = splitLines(plain, end + 1);
  // The ledger goes by the count, and not every form of a seal binds it.
  if (lines.length !== n) {
    throw new SealError('damaged', `holds ${lines.length} events where its job says ${n}`);
  }
  return { sources: header.sources, lines };
}

/** @throws Error when a newer release wrote it, SealError when it is damaged */
function parseHeader(text: string): { readonly sources: EnvelopeSource[] } {
  const { v, sources } = asObject(JSON.parse(text)) ?? {};
  if (v !== VERSION) {
    throw new Error(`an envelope of version ${String(v)}: this release reads version ${VERSION}`);
  }
  if (Array.isArray(sources) && sources.every(isSource)) return { sources };
  throw new SealError('damaged', 'its header does not say where its events were read');
}

function isSource(value: unknown): value is EnvelopeSource {
  return Array.isArray(value) && typeof value[0] === 'string' && Number.isSafeInteger(value[1]);
}

function splitLines(plain: Buffer, start: number): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = start; at < plain.length; ) {
    const end = plain.indexOf(LINE_FEED, at);
    const stop = end < 0 ? plain.length : end;
    lines.push(plain.subarray(at, stop));
    at = stop + 1;
  }
  return lines;
}

const FIRST_BYTES = 16 * 1024;

/** No character of a JavaScript string takes more bytes of UTF-8 for each of its units. */
const BYTES_A_UNIT = 3;

/**
 * Records on their way into an envelope, as bytes.
 *
 * Each is encoded as it comes. Joining them first would be simpler, and several times slower: one
 * character beyond Latin-1 in one record makes the whole joined string two bytes wide.
 */
export class RecordLines {
  count = 0;
  private buffer: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private length = 0;

  /** Records that are bytes already. */
  static of(lines: readonly Buffer[]): RecordLines {
    const made = new RecordLines();
    for (const line of lines) made.add(line);
    return made;
  }

  /** How many bytes they have together. */
  get byteLength(): number {
    return this.length;
  }

  add(line: string | Buffer): void {
    this.reserve(line.length * BYTES_A_UNIT + 1);
    if (this.count > 0) this.buffer[this.length++] = LINE_FEED;
    this.length +=
      typeof line === 'string'
        ? this.buffer.write(line, this.length)
        : line.copy(this.buffer, this.length);
    this.count += 1;
  }

  /** All of them with line breaks in between; a view that the next `add` may make stale. */
  bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

/** The id of an envelope of a replay; `first` is the id of its first dead letter, which no other has. */
export function replayEnvelopeId(replay: string, first: string): string {
  return `replay.${replay}.${first}`;
}

/** The replay that an envelope comes from; null for one that ingest made. */
export function replayOf(envelopeId: string): string | null {
  return /^replay\.([0-9a-z]+)\./.exec(envelopeId)?.[1] ?? null;
}
