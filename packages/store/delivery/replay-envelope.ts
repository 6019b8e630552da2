/** The id of an envelope of a replay; `first` is the id of its first dead letter, which no other has. */
export function replayEnvelopeId(replay: string, first: string): string {
  return `replay.${replay}.${first}`;
}

/** The replay that an envelope comes from; null for one that ingest made. */
export function replayOf(envelopeId: string): string | null {
  return /^replay\.([0-9a-z]+)\./.exec(envelopeId)?.[1] ?? null;
}
