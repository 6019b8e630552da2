import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

/** AlterUserScramCredentials, which kafkajs does not have. Source: kafka.apache.org/protocol. */
const API_KEY = 51;
const ITERATIONS = 4096;

const MECHANISMS = [
  { number: 1, digest: 'sha256', length: 32 },
  { number: 2, digest: 'sha512', length: 64 },
] as const;

/** Gives a user of a broker a password for both SCRAM mechanisms. */
export async function setScramPassword(
  address: string,
  user: string,
  password: string,
): Promise<void> {
  // A request may name a user only once.
  for (const { number, digest, length } of MECHANISMS) {
    const salt = randomBytes(16);
    const salted = pbkdf2Sync(password, salt, ITERATIONS, length, digest);
    const numbers = Buffer.from([number, 0, 0, 0, 0]);
    numbers.writeInt32BE(ITERATIONS, 1);
    const parts = [compact(Buffer.from(user)), numbers, compact(salt), compact(salted)];
    const code = await upsert(address, user, Buffer.concat([...parts, END]));
    if (code !== 0) throw new Error(`the broker refuses the user: error code ${code}`);
  }
}

/** The error code that the broker answers. */
async function upsert(address: string, user: string, entry: Buffer): Promise<number> {
  const [host = '', port = ''] = address.split(':');
  const header = Buffer.from([0, API_KEY, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0]);
  const [none, one] = [Buffer.from([1]), Buffer.from([2])];
  const message = Buffer.concat([header, none, one, entry, END]);
  const size = Buffer.alloc(4);
  size.writeInt32BE(message.length);
  const socket = connect(Number(port), host);
  socket.write(Buffer.concat([size, message]));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  // Size, correlation id, tags, throttle time, the length of the list, the user, then the error code.
  return answer.readInt16BE(4 + 4 + 1 + 4 + 1 + 1 + user.length);
}

const END = Buffer.from([0]);

function compact(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([bytes.length + 1]), bytes]);
}
