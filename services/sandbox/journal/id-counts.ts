/** An event name and id, and how often the pair was accepted. */
export interface IdCount {
  readonly eventName: string;
  readonly eventId: string;
  readonly count: number;
}

const CHUNK_BYTES = 2 ** 20;
const FIRST_CAPACITY = 2 ** 12;

const { imul } = Math;

/**
 * Counts pairs of event name and event id, exactly and for millions of them: the ids lie as bytes
 * in large buffers and the rest in typed arrays, about 70 bytes a pair outside the garbage
 * collector's reach. Open addressing with linear probing, at most half full.
 */
export class IdCounts {
  #names = new Map<string, number>();
  #chunks: Buffer[] = [];
  #used = CHUNK_BYTES;
  #slots = new Int32Array(FIRST_CAPACITY * 2).fill(-1);
  #places = new Float64Array(FIRST_CAPACITY);
  #lengths = new Uint32Array(FIRST_CAPACITY);
  #hashes = new Uint32Array(FIRST_CAPACITY);
  #nameOf = new Uint32Array(FIRST_CAPACITY);
  #counts = new Uint32Array(FIRST_CAPACITY);
  #size = 0;

  /** How many different pairs there are. */
  get size(): number {
    return this.#size;
  }

  /** Counts the pair once more and returns how often it has been counted. */
  add(eventName: string, eventId: string): number {
    const name = this.#nameNumber(eventName);
    const { chunk, start, length } = this.#write(eventId);
    const hash = hashOf(chunk, start, length, name);
    const slot = this.#find(hash, name, chunk, start, length);
    const known = this.#slots[slot] as number;
    if (known !== -1) {
      this.#counts[known] = (this.#counts[known] as number) + 1;
      return this.#counts[known] as number;
    }
    this.#keep(slot, hash, name, start, length);
    return 1;
  }

  *[Symbol.iterator](): Generator<IdCount> {
    const names = Array.from(this.#names.keys());
    for (let entry = 0; entry < this.#size; entry++) {
      const { chunk, start, length } = this.#read(entry);
      yield {
        eventName: names[this.#nameOf[entry] as number] as string,
        eventId: chunk.toString('utf8', start, start + length),
        count: this.#counts[entry] as number,
      };
    }
  }

  #nameNumber(eventName: string): number {
    const number = this.#names.get(eventName) ?? this.#names.size;
    this.#names.set(eventName, number);
    return number;
  }

  /** Writes the id behind the last kept one; unless it is kept, the next id overwrites it. */
  #write(eventId: string): { chunk: Buffer; start: number; length: number } {
    const longest = eventId.length * 3;
    if (this.#used + longest > CHUNK_BYTES) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, longest)));
      this.#used = 0;
    }
    const chunk = this.#chunks[this.#chunks.length - 1] as Buffer;
    return { chunk, start: this.#used, length: chunk.write(eventId, this.#used, 'utf8') };
  }

  #read(entry: number): { chunk: Buffer; start: number; length: number } {
    const place = this.#places[entry] as number;
    const chunk = this.#chunks[Math.floor(place / CHUNK_BYTES)] as Buffer;
    return { chunk, start: place % CHUNK_BYTES, length: this.#lengths[entry] as number };
  }

  /** The slot of the pair, or the empty one where it belongs. */
  #find(hash: number, name: number, chunk: Buffer, start: number, length: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] as number;
      if (entry === -1) return slot;
      if (this.#hashes[entry] !== hash || this.#nameOf[entry] !== name) continue;
      const kept = this.#read(entry);
      if (kept.length !== length) continue;
      const end = kept.start + length;
      if (chunk.compare(kept.chunk, kept.start, end, start, start + length) === 0) return slot;
    }
  }

  #keep(slot: number, hash: number, name: number, start: number, length: number): void {
    const entry = this.#size++;
    this.#slots[slot] = entry;
    this.#places[entry] = (this.#chunks.length - 1) * CHUNK_BYTES + start;
    this.#lengths[entry] = length;
    this.#hashes[entry] = hash;
    this.#nameOf[entry] = name;
    this.#counts[entry] = 1;
    this.#used = start + length;
    if (this.#size === this.#counts.length) this.#grow();
  }

  #grow(): void {
    const capacity = this.#size * 2;
    this.#places = enlarged(this.#places, new Float64Array(capacity));
    this.#lengths = enlarged(this.#lengths, new Uint32Array(capacity));
    this.#hashes = enlarged(this.#hashes, new Uint32Array(capacity));
    this.#nameOf = enlarged(this.#nameOf, new Uint32Array(capacity));
    this.#counts = enlarged(this.#counts, new Uint32Array(capacity));
    this.#slots = new Int32Array(capacity * 2).fill(-1);
    const mask = this.#slots.length - 1;
    for (let entry = 0; entry < this.#size; entry++) {
      let slot = (this.#hashes[entry] as number) & mask;
      while (this.#slots[slot] !== -1) slot = (slot + 1) & mask;
      this.#slots[slot] = entry;
    }
  }
}

function enlarged<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** FNV-1a over the bytes, begun with the number of the name. */
function hashOf(bytes: Buffer, start: number, length: number, name: number): number {
  let hash = imul(0x811c9dc5 ^ name, 0x01000193);
  for (let at = start; at < start + length; at++) {
    hash = imul(hash ^ (bytes[at] as number), 0x01000193);
  }
  return hash >>> 0;
}
