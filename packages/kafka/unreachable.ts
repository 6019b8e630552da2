/**
 * What kafkajs throws while brokers cannot be reached or have no answer yet, and what may heal
 * without a change of the configuration. Wrong credentials and missing rights are not among them.
 */
const UNREACHABLE: ReadonlySet<string> = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSTimeout',
  'KafkaJSLockTimeout',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSMetadataNotLoaded',
]);

/** Whether waiting for the brokers may help. */
export function isUnreachable(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at.name === 'KafkaJSSASLAuthenticationError') return false;
    const { retriable, type } = at as Error & { retriable?: boolean; type?: string };
    if (UNREACHABLE.has(at.name) || (type !== undefined && retriable === true)) return true;
  }
  return false;
}
