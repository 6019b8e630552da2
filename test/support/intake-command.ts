/** Whether bytes on their way to Redis hold a command that takes an intake, and not only a look. */
export function isIntake(chunk: Buffer): boolean {
  return /\r\neval(?:sha)?\r\n/.test(chunk.toString('latin1')) && chunk.includes(':intake\r\n');
}
