import type { RequestSettings } from '#core/record/request-members.ts';
import type { ConfigurationFile } from './schema/configuration-file.ts';
import type { RenamedSection } from './source.ts';

type FilePixel = ConfigurationFile['pixels'][number];

/** A pixel with its secrets read. */
export type PixelConfiguration = Readonly<
  Omit<FilePixel, 'accessToken' | 'accessTokenFile' | 'appSecret' | 'appSecretFile' | 'shadow'>
> & {
  readonly accessToken: string;
  /** Null where requests carry no proof of it. */
  readonly appSecret: string | null;
  /** Null for none. Its requests say nothing besides their events and a test event code. */
  readonly shadow: (RequestSettings & { readonly pixelId: string; readonly share: number }) | null;
};

/** Keys read and decoded; `null` when sealing is off. */
export type SealingConfiguration = {
  readonly currentKey: string;
  readonly keys: readonly { readonly id: string; readonly key: Buffer }[];
  readonly acceptUnsealed: boolean;
  readonly acceptVersion1: boolean;
} | null;

/** Texts of certificate files. */
interface TlsConfiguration {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}

type FileKafka = ConfigurationFile['kafka'];

/** How to log in to the brokers, with its secrets read. */
export type KafkaLoginConfiguration =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: 'oauthbearer';
      readonly tokenUrl: string;
      readonly ca?: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
      readonly clientAuthentication: 'header' | 'body';
      readonly extensions: Readonly<Record<string, string>>;
    }
  | { readonly mechanism: 'aws-msk-iam'; readonly region: string; readonly roleArn?: string };

export type KafkaConfiguration = Readonly<Omit<FileKafka, 'ssl' | 'sasl'>> & {
  readonly ssl: boolean | TlsConfiguration;
  readonly sasl: KafkaLoginConfiguration | null;
};

/** With its secrets read. */
export interface SchemaRegistryConfiguration {
  readonly urls: readonly string[];
  /** All topics whose messages name schemas. */
  readonly topics: readonly string[];
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  readonly tls?: Omit<TlsConfiguration, 'rejectUnauthorized'>;
  readonly timeoutMs: number;
}

/** Names of files, complete: they are read whenever a connection is made. */
export interface RedisTls {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly keyPassphrase?: string;
  readonly serverName?: string;
}

/** What to log in with; nothing of it where no password is wanted. */
export interface RedisLogin {
  readonly username?: string;
  readonly password?: string;
  /** Complete: it is read whenever a connection is made. */
  readonly passwordFile?: string;
}

/** What says which server is the primary. */
export interface RedisSentinels extends RedisLogin {
  /** Each as host:port. */
  readonly nodes: readonly string[];
  /** Under which they watch it. */
  readonly name: string;
  readonly tls?: RedisTls;
}

/** Where Redis is: one of them. */
type RedisPlace =
  | { readonly url: string; readonly sentinels?: undefined; readonly cluster?: undefined }
  | { readonly url?: undefined; readonly sentinels: RedisSentinels; readonly cluster?: undefined }
  | {
      readonly url?: undefined;
      readonly sentinels?: undefined;
      /** Nodes to find the others by, each as host:port. */
      readonly cluster: { readonly nodes: readonly string[] };
    };

export type RedisConfiguration = RedisPlace &
  RedisLogin & {
    readonly prefix: string;
    /** Without a URL TLS is spoken where this is given. */
    readonly tls?: RedisTls;
  };

/** A user of the pages, with the password read. */
export interface ControlUser {
  readonly name: string;
  readonly role: 'viewer' | 'operator';
  readonly password: string;
}

export type ControlConfiguration = Readonly<Omit<ConfigurationFile['control'], 'users'>> & {
  readonly users: readonly ControlUser[];
};

/** Everything a process may need to know, with every default filled in. */
export interface Configuration
  extends Readonly<
    Omit<
      ConfigurationFile,
      'kafka' | 'schemaRegistry' | 'redis' | 'sealing' | 'control' | 'metrics' | 'pixels'
    >
  > {
  readonly kafka: KafkaConfiguration;
  /** Null where every message is plain JSON. */
  readonly schemaRegistry: SchemaRegistryConfiguration | null;
  readonly redis: RedisConfiguration;
  readonly sealing: SealingConfiguration;
  readonly control: ControlConfiguration;
  /** The token is null where `/metrics` needs none. */
  readonly metrics: Pick<ConfigurationFile['metrics'], 'detailedPixels'> & {
    readonly token: string | null;
  };
  readonly pixels: readonly PixelConfiguration[];
  /** Sections of the file that still have the name of an earlier release. */
  readonly renamed: readonly RenamedSection[];
  /** The file and every file that a secret was read from; a change of one is a reason to reload. */
  readonly files: readonly string[];
}
