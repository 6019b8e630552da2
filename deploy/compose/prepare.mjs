// node prepare.mjs SECRETS WRITABLE: makes the secrets of an installation, a random value each, unless they are in
// the first folder, where every process of the installation may read them; and lets every process write to the second.
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [secrets, writable] = process.argv.slice(2);
const SECRETS = {
  'sealing-key': () => randomBytes(32).toString('base64'),
  'control-password': () => randomBytes(18).toString('base64url'),
  'metrics-token': () => randomBytes(32).toString('base64url'),
};

for (const [name, make] of Object.entries(SECRETS)) {
  const file = join(secrets, name);
  if (existsSync(file)) continue;
  // A kill in between leaves no half of a key.
  writeFileSync(`${file}.new`, make());
  chmodSync(`${file}.new`, 0o444);
  renameSync(`${file}.new`, file);
  process.stdout.write(`made ${name}\n`);
}
chmodSync(writable, 0o1777);
