import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { UsageError } from '#config/errors.ts';
import { loadUnwritten } from '#config/load.ts';
import { ConfigurationError } from '#config/problems.ts';

/** How the brokers let a client in. */
interface Login {
  readonly mechanism: string;
  readonly username: string;
  readonly passwordFile: string;
}

/** Where the token of the pixel is: in a file, which may have to be written, or in the environment. */
export type TokenPlace =
  | { readonly kind: 'file'; readonly file: string; readonly text: string | null }
  | { readonly kind: 'variable'; readonly name: string };

/** What a new configuration is made of, without what a sample of the topics adds. */
export interface SetupAnswers {
  /** The configuration file that is to be written. */
  readonly out: string;
  readonly brokers: readonly string[];
  readonly topics: readonly string[];
  readonly tls: boolean;
  readonly login: Login | null;
  /** Without a password. */
  readonly redisUrl: string;
  /** Null where Redis wants none; `file` is to be written. */
  readonly redisPassword: { readonly file: string; readonly text: string } | null;
  readonly pixelId: string;
  readonly name: string | null;
  readonly token: TokenPlace;
  readonly keyFile: string;
}

/** A path as the configuration file is to spell it: relative to its folder where it is below that. */
export function pathIn(out: string, file: string): string {
  const path = relative(dirname(resolve(out)), resolve(file));
  return path.startsWith('..') || isAbsolute(path) ? resolve(file) : path;
}

/** The sections `kafka` and `redis`, as they are written. */
export function connectionsOf(answers: SetupAnswers): { kafka: object; redis: object } {
  const { out, brokers, topics, tls, login, redisUrl, redisPassword } = answers;
  const sasl = login && { ...login, passwordFile: pathIn(out, login.passwordFile) };
  return {
    kafka: {
      brokers: [...brokers],
      topics: [...topics],
      ...(tls ? { ssl: true } : {}),
      ...(sasl === null ? {} : { sasl }),
    },
    redis: {
      url: redisUrl,
      ...(redisPassword === null ? {} : { passwordFile: pathIn(out, redisPassword.file) }),
    },
  };
}

/** What stands for answers that are not known yet, and for secrets that no file holds yet. */
const UNKNOWN = { brokers: ['127.0.0.1:9092'], topics: ['t'], url: 'redis://127.0.0.1' };

type Given = Partial<
  Pick<SetupAnswers, 'brokers' | 'topics' | 'tls' | 'login' | 'redisUrl' | 'pixelId' | 'name'>
>;

/**
 * The configuration of what is known so far, with stand-ins for the rest.
 * @throws ConfigurationError that says what is wrong with an answer
 */
export function draftOf(out: string, given: Given): ReturnType<typeof loadUnwritten> {
  const { brokers = UNKNOWN.brokers, topics = UNKNOWN.topics, tls = false } = given;
  const { login = null, redisUrl = UNKNOWN.url, pixelId = '0', name = null } = given;
  const draft = {
    kafka: {
      brokers: [...brokers],
      topics: [...topics],
      ssl: tls,
      sasl: login && { ...login, passwordFile: resolve(login.passwordFile) },
    },
    redis: { url: redisUrl },
    sealing: 'off',
    pixels: [{ pixelId, accessToken: 'T', ...(name === null ? {} : { name }) }],
  };
  return loadUnwritten(draft, out);
}

/** What is wrong with an answer, and how to fix it; null where nothing is. */
export async function problemWith(out: string, given: Given): Promise<string | null> {
  try {
    await draftOf(out, given);
    return null;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const [first] = error.problems;
    return first === undefined ? error.message : `${first.message} → ${first.fix}`;
  }
}

/** The characters of a token. Source: RFC 9110, field values. */
const TOKEN = /^[\x21-\x7e]+$/;

/** What is wrong with a token; it is not repeated. */
export function problemWithToken(token: string): string | null {
  if (TOKEN.test(token)) return null;
  return 'contains spaces, line breaks or characters that no token has → copy it again';
}

/** The password goes into a file of its own, so that no secret is in the configuration. */
export function withoutPassword(
  url: string,
  file: string,
): Pick<SetupAnswers, 'redisUrl' | 'redisPassword'> {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.password === '') return { redisUrl: url, redisPassword: null };
  const text = decoded(parsed.password);
  parsed.password = '';
  return { redisUrl: parsed.href, redisPassword: { file, text } };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UsageError('the password in the URL of Redis is not encoded: write % as %25');
  }
}
