import kafkajs from 'kafkajs';

/** A login that will not succeed by itself; kafkajs tries it no more, and knows it by this name. */
export class LoginRefusedError extends kafkajs.KafkaJSNonRetriableError {
  override readonly name = 'KafkaJSSASLAuthenticationError';
}
