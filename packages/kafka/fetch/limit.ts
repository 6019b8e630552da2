/** The most that the records of a batch may cost in memory unless told otherwise, in bytes. */
let limit = 64 * 1024 * 1024;

/** Bounds what records may cost in memory, for all clients of this process: kafkajs has one codec each. */
export function limitDecompression(bytes: number): void {
  limit = bytes;
}

export function decompressionLimit(): number {
  return limit;
}
