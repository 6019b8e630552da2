import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A name in the certificate of the server; the other one is localhost. */
export const SERVER_NAME = 'relay.test';
/** Of the client's key. */
export const PASSPHRASE = 'certificate-passphrase';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const NAMED = ['-addext', `subjectAltName=DNS:${SERVER_NAME},DNS:localhost`];

/** Certificates of an authority of its own, and what is wrong in other ways; each is a file. */
export interface Certificates {
  readonly ca: string;
  /** An authority that signed nothing here. */
  readonly stranger: string;
  readonly server: { readonly cert: string; readonly expired: string; readonly key: string };
  /** Its key is encrypted. */
  readonly client: { readonly cert: string; readonly key: string };
}

/** Makes them with openssl in a folder. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const make = (name: string, subject: string, ...more: string[]) => {
    const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '7'];
    return openssl('req', '-x509', ...KEY, ...files, '-subj', `/CN=${subject}`, ...more);
  };
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key'];
  await Promise.all([
    make('ca', 'Authority', '-nodes'),
    make('stranger', 'Another authority', '-nodes'),
  ]);
  await Promise.all([
    make('server', SERVER_NAME, '-nodes', ...signed, ...NAMED),
    make('client', 'relay', '-passout', `pass:${PASSPHRASE}`, ...signed),
  ]);
  const request = ['-key', 'server.key', '-subj', `/CN=${SERVER_NAME}`, '-out', 'server.csr'];
  await openssl('req', '-new', ...request);
  const past = ['-days', '-1', '-out', 'expired.pem'];
  await openssl('x509', '-req', '-in', 'server.csr', ...signed, ...past);
  return {
    ca: at('ca.pem'),
    stranger: at('stranger.pem'),
    server: { cert: at('server.pem'), expired: at('expired.pem'), key: at('server.key') },
    client: { cert: at('client.pem'), key: at('client.key') },
  };
}
