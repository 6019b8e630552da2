import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { UsageError } from '#config/errors.ts';
import {
  problemWith,
  problemWithToken,
  type SetupAnswers,
  type TokenPlace,
  withoutPassword,
} from './answers.ts';
import { flagOf, type InitFlags } from './flags.ts';
import { askSecret, askUntilRight } from './questions.ts';

const TOKEN_VARIABLE = 'CAPI_RELAY_ACCESS_TOKEN';

/** As in the configuration, where it stands in quotes. */
const PIXEL = /^\d{1,20}$/;

/** What an empty answer means. */
const USUAL = { brokers: '127.0.0.1:9092', topic: 'track-events', redis: 'redis://127.0.0.1:6379' };

/**
 * The answers of flags, and of a person where a flag is left out.
 * @throws UsageError for what is wrong or missing
 */
export async function collectAnswers(
  flags: InitFlags,
  env: NodeJS.ProcessEnv,
): Promise<SetupAnswers> {
  const { out, tls = false } = flags;
  const given = new Given(flags, process.stdin.isTTY === true && flags.yes !== true);
  const brokers = await given.list('brokers', 'Kafka brokers, as host:port', {
    otherwise: env['KAFKA_BROKERS'] || USUAL.brokers,
    problemWith: (list) => problemWith(out, { brokers: list }),
  });
  const topics = await given.list('topic', 'Topics of the Track events', {
    otherwise: USUAL.topic,
    problemWith: (list) => problemWith(out, { topics: list }),
  });
  const login = loginOf(flags);
  await refuse('--sasl', problemWith(out, { tls, login }));
  const redis = await given.text('redis', 'URL of Redis', {
    otherwise: env['REDIS_URL'] || USUAL.redis,
    problemWith: (redisUrl) => problemWith(out, { redisUrl }),
  });
  const pixelId = await given.text('pixel', 'ID of the pixel or dataset', {
    otherwise: null,
    problemWith: (id) => (PIXEL.test(id) ? null : 'must be the ID of a pixel → write its digits'),
  });
  const name = await given.text('name', 'What people call it (may be left out)', {
    otherwise: '',
    problemWith: (text) => (text === '' ? null : problemWith(out, { name: text })),
  });
  given.complete();
  return {
    ...{ out, brokers, topics, tls, login, pixelId },
    name: name === '' ? null : name,
    ...withoutPassword(redis, besides(out, '.redis-password')),
    keyFile: flags.keyFile ?? besides(out, '.key'),
    token: await tokenOf(flags, given.asks),
  };
}

/** `capi-relay.yaml` → `capi-relay.key`. */
function besides(out: string, ending: string): string {
  return out.slice(0, out.length - extname(out).length) + ending;
}

function loginOf({ sasl, kafkaUser, kafkaPasswordFile }: InitFlags): SetupAnswers['login'] {
  if (sasl === undefined || kafkaUser === undefined || kafkaPasswordFile === undefined) return null;
  return { mechanism: sasl, username: kafkaUser, passwordFile: kafkaPasswordFile };
}

/** One that a file holds is kept. */
async function tokenOf(flags: InitFlags, asks: boolean): Promise<TokenPlace> {
  const { tokenFile, tokenEnv, out } = flags;
  if (tokenEnv !== undefined) return { kind: 'variable', name: tokenEnv };
  const file = tokenFile ?? besides(out, '.token');
  if (asks && existsSync(file)) return { kind: 'file', file, text: null };
  if (asks) {
    const empty = tokenFile === undefined ? `read from ${TOKEN_VARIABLE}` : 'written later';
    const text = await askSecret(`Access token, not shown (empty: ${empty})`, problemWithToken);
    if (text !== '') return { kind: 'file', file, text };
  }
  return tokenFile === undefined
    ? { kind: 'variable', name: TOKEN_VARIABLE }
    : { kind: 'file', file: tokenFile, text: null };
}

/** @throws UsageError */
async function refuse(flag: string, problem: Promise<string | null>): Promise<void> {
  const found = await problem;
  if (found !== null) throw new UsageError(`${flag}: ${found}`);
}

interface Asked<T> {
  /** What an empty answer means; null where there must be one. */
  readonly otherwise: string | null;
  readonly problemWith: (value: T) => Promise<string | null> | string | null;
}

/** Takes what flags give, and asks for the rest where there is a person. */
class Given {
  readonly asks: boolean;
  private readonly flags: InitFlags;
  private readonly missing: string[] = [];

  constructor(flags: InitFlags, asks: boolean) {
    this.flags = flags;
    this.asks = asks;
  }

  async text(
    flag: 'redis' | 'pixel' | 'name',
    words: string,
    asked: Asked<string>,
  ): Promise<string> {
    return this.take(flag, this.flags[flag], { words, ...asked });
  }

  async list(
    flag: 'brokers' | 'topic',
    words: string,
    { otherwise, problemWith: problem }: Asked<readonly string[]>,
  ): Promise<readonly string[]> {
    const asked = { words, otherwise, problemWith: (text: string) => problem(itemsOf(text)) };
    return itemsOf(await this.take(flag, this.flags[flag]?.join(), asked));
  }

  /** @throws UsageError that names each flag that is needed */
  complete(): void {
    const { missing } = this;
    if (missing.length === 0) return;
    const [verb, where] = missing.length === 1 ? ['is', 'it'] : ['are', 'them'];
    throw new UsageError(
      `${missing.join(' and ')} ${verb} needed: give ${where}, or run this on a terminal without --yes`,
    );
  }

  private async take(
    flag: string,
    value: string | undefined,
    asked: Asked<string> & { readonly words: string },
  ): Promise<string> {
    if (value === undefined && this.asks) return askUntilRight(asked);
    const taken = value ?? asked.otherwise;
    if (taken === null) {
      this.missing.push(flagOf(flag));
      return '';
    }
    await refuse(flagOf(flag), Promise.resolve(asked.problemWith(taken)));
    return taken;
  }
}

function itemsOf(text: string): readonly string[] {
  const items = text.split(',').map((item) => item.trim());
  return [...new Set(items.filter((item) => item !== ''))];
}
