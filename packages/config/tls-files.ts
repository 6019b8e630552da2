import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { KafkaConfiguration } from './configuration.ts';
import type { KeyPath, Problems } from './problems.ts';
import type { ConfigurationFile } from './schema/configuration-file.ts';
import type { SecretReader } from './secret-reader.ts';

/** What secures a connection: files, and the passphrase of an encrypted key. */
export type TlsFiles = NonNullable<ConfigurationFile['redis']['tls']>;
type TlsTexts = Omit<Exclude<KafkaConfiguration['ssl'], boolean>, 'rejectUnauthorized'>;

/** The texts of the files; adds a problem for each that is not what it should be. */
export async function readTls(
  path: KeyPath,
  files: TlsFiles,
  secrets: SecretReader,
  problems: Problems,
): Promise<TlsTexts> {
  const { caFile, certFile, keyFile, keyPassphrase, keyPassphraseFile } = files;
  const read = async (name: string, file: string | undefined): Promise<string | undefined> =>
    file === undefined ? undefined : secrets.readFile([...path, name], file);
  const encrypted = keyPassphrase !== undefined || keyPassphraseFile !== undefined;
  const texts = given({
    ca: await read('caFile', caFile),
    cert: await read('certFile', certFile),
    key: await read('keyFile', keyFile),
    passphrase: encrypted ? await secrets.read(path, 'keyPassphrase', files) : undefined,
  });
  checkTls(path, texts, problems);
  return texts;
}

const PEM_FIX = 'write it in PEM form, which starts with -----BEGIN';

function checkTls(
  path: KeyPath,
  { ca, cert, key, passphrase }: TlsTexts,
  problems: Problems,
): void {
  checkCertificate([...path, 'caFile'], ca, problems);
  const certificate = checkCertificate([...path, 'certFile'], cert, problems);
  const pair = [...path, cert === undefined ? 'keyFile' : 'certFile'];
  if ((cert === undefined) !== (key === undefined)) {
    problems.add(pair, 'needs the other half', 'give both certFile and keyFile, or neither');
  }
  // An empty one has been reported already.
  if (key === undefined || key === '') return;
  const at = [...path, 'keyFile'];
  const opened = openKey(key, passphrase);
  if (typeof opened === 'string') {
    const fix = opened.includes('passphrase')
      ? 'correct keyPassphrase or keyPassphraseFile'
      : PEM_FIX;
    problems.add(at, opened, fix);
  } else if (certificate !== null && !certificate.checkPrivateKey(opened)) {
    problems.add(
      at,
      'is not the key of certFile',
      'name the key that the certificate was made for',
    );
  }
}

/** Null for none, and after a problem. */
export function checkCertificate(
  path: KeyPath,
  text: string | undefined,
  problems: Problems,
): X509Certificate | null {
  if (text === undefined || text === '') return null;
  try {
    return new X509Certificate(text);
  } catch {
    problems.add(path, 'names a file without a certificate', PEM_FIX);
    return null;
  }
}

/** The key, or what is wrong with it. */
function openKey(key: string, passphrase: string | undefined): KeyObject | string {
  try {
    return createPrivateKey({ key, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch {
    if (!key.includes('ENCRYPTED')) return 'names a file without a private key';
    return passphrase === undefined ? 'needs a passphrase' : 'does not open with its passphrase';
  }
}

/** The same without what is undefined. */
export function given<T extends Readonly<Record<string, string | undefined>>>(values: T) {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [key in keyof T]?: string };
}
