const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The lines of a stream as bytes, untouched but for the line end, as many at a time as have come;
 * blank ones are skipped. Bytes rather than text, so that a line that is no UTF-8 reaches Kafka as
 * it is.
 */
export async function* readLines(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let begun: Buffer[] = [];
  for await (const chunk of stream) {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      lines.push(Buffer.concat([...begun, chunk.subarray(start, end)]));
      begun = [];
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
    const written = lines.map(trimEnd).filter(isWritten);
    if (written.length > 0) yield written;
  }
  const last = trimEnd(Buffer.concat(begun));
  if (isWritten(last)) yield [last];
}

function trimEnd(line: Buffer): Buffer {
  return line[line.length - 1] === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

function isWritten(line: Buffer): boolean {
  return line.some((byte) => byte !== 0x20 && byte !== 0x09);
}

/** `userId`, else `anonymousId`, of a line that is a Track event; null of any other. */
export function keyOfLine(line: Buffer): string | null {
  try {
    const { userId, anonymousId } = JSON.parse(line.toString('utf8')) as Record<string, unknown>;
    const id = [userId, anonymousId].find((each) => typeof each === 'number' || isText(each));
    return id === undefined ? null : String(id);
  } catch {
    return null;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
