import { UsageError } from '#config/errors.ts';

/** The options of `init` as they are parsed. */
export interface InitFlags {
  readonly from?: 'segment' | 'rudderstack';
  readonly out: string;
  readonly force?: boolean;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly brokers?: readonly string[];
  readonly topic?: readonly string[];
  readonly tls?: boolean;
  readonly sasl?: string;
  readonly kafkaUser?: string;
  readonly kafkaPasswordFile?: string;
  readonly redis?: string;
  readonly pixel?: string;
  readonly name?: string;
  readonly tokenFile?: string;
  readonly tokenEnv?: string;
  readonly keyFile?: string;
  /** How many messages; false with --no-sample. */
  readonly sample: number | false;
  /** Seconds. */
  readonly timeout: number;
}

/** What settings of another platform say already. */
const OF_NEW = [
  'brokers',
  'topic',
  'tls',
  'sasl',
  'kafkaUser',
  'kafkaPasswordFile',
  'redis',
  'pixel',
  'name',
  'tokenFile',
  'tokenEnv',
  'keyFile',
  'yes',
] as const;

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** @throws UsageError for options that do not go together */
export function checkInitFlags(flags: InitFlags, settings: readonly string[]): void {
  const { from, sasl, kafkaUser, kafkaPasswordFile, tokenFile, tokenEnv } = flags;
  if (from === undefined && settings.length > 0) {
    throw new UsageError('say where the settings come from: --from segment, or --from rudderstack');
  }
  if (from !== undefined) {
    const other = OF_NEW.find((name) => flags[name] !== undefined);
    if (other !== undefined) {
      throw new UsageError(`${flagOf(other)} cannot be used with --from: edit the written file`);
    }
    if (settings.length > 0) return;
    throw new UsageError('name the JSON files with the settings, such as destination.json');
  }
  const login = [sasl, kafkaUser, kafkaPasswordFile];
  if (login.some((each) => each !== undefined) && login.includes(undefined)) {
    throw new UsageError('--sasl, --kafka-user and --kafka-password-file go together');
  }
  if (tokenFile !== undefined && tokenEnv !== undefined) {
    throw new UsageError('the token is in one place: give --token-file or --token-env');
  }
  if (tokenEnv !== undefined && !VARIABLE.test(tokenEnv)) {
    throw new UsageError(
      '--token-env takes the name of a variable, such as CAPI_RELAY_ACCESS_TOKEN',
    );
  }
}

export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
