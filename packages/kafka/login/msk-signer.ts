import kafkajs from 'kafkajs';
import { LoginRefusedError } from './refusal.ts';
import type { Token } from './token-cache.ts';

const { KafkaJSConnectionError } = kafkajs;

/** How to log in to Amazon MSK as an IAM role. */
export interface MskLogin {
  readonly region: string;
  /** A role to assume first. */
  readonly roleArn?: string;
}

/** Not among the dependencies: it brings 75 packages of 29 MB, which most installations do not need. */
const SIGNER = 'aws-msk-iam-sasl-signer-js';
const VERSION = '1.0.3';
const SESSION = 'capi-relay';

/**
 * Signs tokens with the credentials that AWS's own chain finds: environment, web identity, container or
 * instance. Source: https://github.com/aws/aws-msk-iam-sasl-signer-js
 */
export function createMskSigner(
  { region, roleArn }: MskLogin,
  load: () => Promise<unknown> = () => import(SIGNER),
): () => Promise<Token> {
  return async () => {
    const signer = await load().catch(() => {
      throw new LoginRefusedError(
        `kafka.sasl.mechanism aws-msk-iam needs the package ${SIGNER} → npm install ${SIGNER}@${VERSION}, where capi-relay is installed`,
      );
    });
    try {
      return readToken(
        roleArn === undefined
          ? await call(signer, 'generateAuthToken', { region })
          : await call(signer, 'generateAuthTokenFromRole', {
              region,
              awsRoleArn: roleArn,
              awsRoleSessionName: SESSION,
            }),
        Date.now(),
      );
    } catch (error) {
      // The message may quote what AWS answered; its name says enough.
      const { name } = error as Error;
      throw new KafkaJSConnectionError(
        `no credentials of AWS to sign a login with (${name}) → give the process a role, or AWS_* variables, and check kafka.sasl.roleArn`,
      );
    }
  };
}

function call(signer: unknown, name: string, options: object): Promise<unknown> {
  const member: unknown = Reflect.get(Object(signer), name);
  if (typeof member !== 'function') throw new TypeError(`${SIGNER} has no ${name}`);
  return member(options);
}

/** @param now Unix ms */
function readToken(signed: unknown, now: number): Token {
  const { token, expiryTime } = Object(signed) as Readonly<Record<string, unknown>>;
  if (typeof token !== 'string' || typeof expiryTime !== 'number') {
    throw new TypeError(`${SIGNER} returns no token`);
  }
  return { value: token, lifetimeMs: expiryTime - now, skewMs: null };
}
