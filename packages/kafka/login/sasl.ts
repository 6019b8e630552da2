import type { AuthenticationProviderArgs, KafkaConfig, SASLOptions } from 'kafkajs';
import { createMskSigner, type MskLogin } from './msk-signer.ts';
import { LoginRefusedError } from './refusal.ts';
import { TokenCache, type TokenSource } from './token-cache.ts';
import { requestToken, type TokenEndpoint } from './token-endpoint.ts';

/** How to log in to the brokers. */
export type KafkaLogin =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | ({
      readonly mechanism: 'oauthbearer';
      /** What the brokers want besides the token. */
      readonly extensions: Readonly<Record<string, string>>;
    } & TokenEndpoint)
  | ({ readonly mechanism: 'aws-msk-iam' } & MskLogin);

/** A login in the form that kafkajs takes. */
export function saslOf(login: KafkaLogin): NonNullable<KafkaConfig['sasl']> {
  switch (login.mechanism) {
    case 'oauthbearer':
      return bearer(new TokenCache(() => requestToken(login)), login.extensions, OAUTH_FIX);
    case 'aws-msk-iam':
      return bearer(new TokenCache(createMskSigner(login)), {}, MSK_FIX);
    default:
      return { ...login } as SASLOptions;
  }
}

const OAUTH_FIX =
  'check kafka.sasl.scope, the issuer and the audience that the brokers expect, and the clocks of both machines';
const MSK_FIX =
  'check kafka.sasl.region, the kafka-cluster permissions of the role, and the clock of this machine';

/**
 * OAUTHBEARER with the reason that a broker gives when it does not accept a token. kafkajs itself reads
 * no reason, and takes a refusal for a success until the broker closes the connection.
 * Source: RFC 7628, sections 3.1 and 3.2.3.
 */
function bearer(tokens: TokenSource, extensions: Readonly<Record<string, string>>, fix: string) {
  const authenticate = async ({ saslAuthenticate }: AuthenticationProviderArgs): Promise<void> => {
    const send = async (message: string): Promise<string> => {
      const request = { encode: async () => sized(message) };
      return (await saslAuthenticate({ request, response: CHALLENGE })) ?? '';
    };
    const challenge = await send(initialResponse(await tokens.get(), extensions));
    if (challenge === '') return;
    tokens.forget();
    // The broker ends the exchange, and the connection, once the client has acknowledged.
    await send(SEPARATOR).catch(() => {});
    const skew = tokens.skew();
    throw new LoginRefusedError(
      `the broker does not accept the token (${statusOf(challenge)})${skew} → ${fix}`,
    );
  };
  return {
    mechanism: 'oauthbearer',
    authenticationProvider: (args: AuthenticationProviderArgs) => ({
      authenticate: () => authenticate(args),
    }),
  };
}

const SEPARATOR = '\u0001';

function initialResponse(token: string, extensions: Readonly<Record<string, string>>): string {
  const pairs = Object.entries({ auth: `Bearer ${token}`, ...extensions });
  return `n,,${SEPARATOR}${pairs.map(([key, value]) => `${key}=${value}${SEPARATOR}`).join('')}${SEPARATOR}`;
}

/** As a length and as many bytes. */
function sized(message: string): Buffer {
  const bytes = Buffer.from(message);
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const CHALLENGE = {
  decode: (raw: Buffer) => raw.subarray(4),
  parse: (text: Buffer) => text.toString(),
};

/** A broker may write anything: only a word of the standard is handed on. */
function statusOf(challenge: string): string {
  const status = /"status"\s*:\s*"([a-z_]{1,40})"/.exec(challenge.slice(0, 1000))?.[1];
  return status ?? 'no reason given';
}
