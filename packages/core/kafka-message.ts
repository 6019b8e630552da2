/** A Kafka record as it was read: what a dead letter must keep to be judged again. */
export interface KafkaMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<
    Record<string, Buffer | string | readonly (Buffer | string)[] | undefined>
  >;
}

const LINE_FEED = 0x0a;

/**
 * The message as bytes: a line of JSON with key and headers in base64, then the value untouched,
 * because what could not be read may be anything.
 */
export function writeMessage(message: KafkaMessage): Buffer {
  const headers = Object.entries(message.headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((each) => [name, toBase64(each)]),
  );
  const facts = {
    key: message.key === null ? null : toBase64(message.key),
    headers,
    hasValue: message.value !== null,
  };
  return Buffer.concat([
    Buffer.from(`${JSON.stringify(facts)}\n`, 'utf8'),
    message.value ?? Buffer.alloc(0),
  ]);
}

/** The message that {@link writeMessage} wrote; a header that came several times is a list. */
export function readMessage(bytes: Buffer): KafkaMessage {
  const end = bytes.indexOf(LINE_FEED);
  const facts = JSON.parse(bytes.toString('utf8', 0, end)) as {
    key: string | null;
    headers: [string, string][];
    hasValue: boolean;
  };
  const headers: Record<string, Buffer[]> = {};
  for (const [name, value] of facts.headers) {
    headers[name] = [...(headers[name] ?? []), Buffer.from(value, 'base64')];
  }
  return {
    key: facts.key === null ? null : Buffer.from(facts.key, 'base64'),
    value: facts.hasValue ? bytes.subarray(end + 1) : null,
    headers,
  };
}

function toBase64(value: Buffer | string): string {
  return Buffer.from(value as string).toString('base64');
}
