import { expect, test } from '@jest/globals';
import { tlsFault } from '#core/text/tls-fault.ts';

const KEYS = {
  ca: 'redis.tls.caFile',
  cert: 'redis.tls.certFile',
  serverName: 'redis.tls.serverName',
  without: 'write redis://',
};

test.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'not trusted', 'redis.tls.caFile'],
  ['CERT_HAS_EXPIRED', 'has expired', 'clock'],
  ['CERT_NOT_YET_VALID', 'not valid yet', 'clock'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'another host name', 'redis.tls.serverName'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'client certificate', 'redis.tls.certFile'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'client certificate', 'redis.tls.certFile'],
  ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'client certificate', 'redis.tls.certFile'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'client certificate', 'redis.tls.certFile'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'does not speak TLS', 'write redis://'],
])('%s says what is wrong and what to do', (code, problem, fix) => {
  const fault = tlsFault(code, KEYS);
  expect(fault?.problem).toContain(problem);
  expect(fault?.problem).toContain(`(${code})`);
  expect(fault?.fix).toContain(fix);
});

test.each(['ECONNREFUSED', 'constructor', '__proto__', 'ERR_SSL_', 'E'.repeat(101), 5, undefined])(
  '%p is about something else',
  (code) => expect(tlsFault(code, KEYS)).toBeNull(),
);
