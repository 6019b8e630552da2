import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { UsageError } from '#config/errors.ts';
import { hashPassword } from '#config/password-hash.ts';
import { MIN_SECRET_LENGTH } from '#config/resolve-secrets.ts';
import { createCommand, EXIT, runCommand } from '#process/command.ts';

const command = createCommand(
  'hash-password',
  'Reads a password from standard input, and prints its hash for control.users.',
  `capi-relay hash-password                      asks for it, without echo
openssl rand -base64 24 | tee /dev/stderr | capi-relay hash-password`,
);

/** The first line of standard input; a terminal does not echo it. */
async function readPassword(): Promise<string> {
  const { stdin } = process;
  const terminal = stdin.isTTY === true;
  if (terminal) process.stderr.write('Password: ');
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output, terminal });
  lines.on('SIGINT', () => process.exit(EXIT.failed));
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    if (terminal) process.stderr.write('\n');
  }
}

await runCommand(command, async () => {
  const password = await readPassword();
  if (password.length < MIN_SECRET_LENGTH) {
    throw new UsageError(
      `the password has fewer than ${MIN_SECRET_LENGTH} characters: make one with openssl rand -base64 24`,
    );
  }
  process.stdout.write(`${await hashPassword(password)}\n`);
  return EXIT.done;
});
