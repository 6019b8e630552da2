/** Why a TLS connection failed, and what to do about it. */
export interface TlsFault {
  readonly problem: string;
  readonly fix: string;
}

type Cause = 'untrusted' | 'expired' | 'not_yet' | 'other_name' | 'refused' | 'no_tls';

/**
 * By the code of Node's error. Source: https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const CAUSES: Readonly<Record<string, Cause>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  CERT_SIGNATURE_FAILURE: 'untrusted',
  CERT_UNTRUSTED: 'untrusted',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not_yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'other_name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'no_tls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'no_tls',
  ERR_SSL_RECORD_LAYER_FAILURE: 'no_tls',
};

/**
 * Alerts by which a server refuses the certificate of its client, or that there is none. OpenSSL puts the
 * version of the protocol that named them first into the code. Source: RFC 8446, section 6.2.
 */
const REFUSALS: readonly string[] = [
  'CERTIFICATE_REQUIRED',
  'CERTIFICATE_REVOKED',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_UNKNOWN',
  'BAD_CERTIFICATE',
  'UNSUPPORTED_CERTIFICATE',
  'UNKNOWN_CA',
  'ACCESS_DENIED',
  'HANDSHAKE_FAILURE',
];
const ALERT = '_ALERT_';

/** The keys of the configuration that a connection is secured with, as they are written. */
export interface TlsKeys {
  /** Such as `redis.tls.caFile`. */
  readonly ca: string;
  /** Null where there is none. */
  readonly cert: string | null;
  readonly serverName: string | null;
  /** How to connect without TLS. */
  readonly without: string;
}

/** What a code says about a TLS connection; null where it is about something else. */
export function tlsFault(code: unknown, keys: TlsKeys): TlsFault | null {
  if (typeof code !== 'string') return null;
  const known = Object.hasOwn(CAUSES, code) ? CAUSES[code] : undefined;
  const cause = known ?? (isRefusal(code) ? 'refused' : null);
  if (cause === null) return null;
  const { problem, fix } = WORDS[cause](keys);
  return { problem: `${problem} (${code})`, fix };
}

function isRefusal(code: string): boolean {
  const at = code.indexOf(ALERT);
  return code.startsWith('ERR_SSL_') && REFUSALS.includes(code.slice(at + ALERT.length));
}

const WORDS: Readonly<Record<Cause, (keys: TlsKeys) => TlsFault>> = {
  untrusted: ({ ca }) => ({
    problem: 'its certificate comes from an authority that is not trusted here',
    fix: `name the certificate of that authority in ${ca}`,
  }),
  expired: () => ({
    problem: 'its certificate, or one of its authority, has expired',
    fix: 'renew it there, or correct the clock of this machine',
  }),
  not_yet: () => ({
    problem: 'its certificate is not valid yet',
    fix: 'correct the clock of this machine, or of the one that issued it',
  }),
  other_name: ({ serverName }) => ({
    problem: 'its certificate is for another host name',
    fix: `connect by a name of the certificate${serverName === null ? '' : `, or write that name into ${serverName}`}`,
  }),
  refused: ({ cert }) => ({
    problem: 'it does not accept the client certificate, or the lack of one',
    fix:
      cert === null
        ? 'let it accept clients without a certificate'
        : `name a certificate that it trusts and that is still valid in ${cert}, with its key in keyFile`,
  }),
  no_tls: ({ without }) => ({
    problem: 'it does not speak TLS on this port',
    fix: `use the port that does, or ${without}`,
  }),
};
