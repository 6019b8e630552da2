/** What keeps us from the brokers, and what to do. */
interface Trouble {
  readonly problem: string;
  readonly fix: string;
}

const PARTED = ' → ';
/** What kafkajs writes before the message of another error. */
const PREFIX =
  /^(?:kafkajs \w+: |Failed to connect to seed broker, trying another broker from the list: |\w*Error: |Connection error: )+/;
const NOT_IN_TLS = 'before secure TLS connection was established';
const REFUSED = /\bSASL (PLAIN|SCRAM SHA\d+) authentication failed\b/;
const NO_MECHANISM =
  /does not support the requested SASL mechanism|mechanism is not supported by the server/i;
const CLOSED =
  /\bClosed connection\b|\bConnection closed by the server\b|\bECONNRESET\b|\bsocket hang up\b/;

/** What a reason why brokers cannot be used means: an error, or what kafkajs logs; null for any other. */
export function kafkaTrouble(reason: unknown): Trouble | null {
  const text = reason instanceof Error ? reason.message : String(reason);
  const message = text.slice(0, 1000).replace(PREFIX, '');
  const at = message.indexOf(PARTED);
  if (at !== -1) return { problem: message.slice(0, at), fix: message.slice(at + PARTED.length) };
  const [, mechanism] = REFUSED.exec(message) ?? [];
  if (mechanism !== undefined) {
    const problem = `refuses the login: wrong user name or password for SASL ${mechanism.replace(' SHA', '-SHA-')}`;
    return { problem, fix: 'correct kafka.sasl.username and passwordFile' };
  }
  if (NO_MECHANISM.test(message)) {
    const problem = 'does not offer the mechanism of kafka.sasl on this port';
    return {
      problem,
      fix: 'set kafka.sasl.mechanism to one that it offers, or use its other port',
    };
  }
  if (message.includes(NOT_IN_TLS)) {
    const problem = 'closes the connection instead of speaking TLS';
    return { problem, fix: 'use the port that speaks TLS, or set kafka.ssl to false' };
  }
  if (!CLOSED.test(message)) return null;
  const problem = 'closes the connection, as a broker does that expects TLS or a login, or none';
  return { problem, fix: 'set kafka.ssl and kafka.sasl to what this port expects' };
}
