import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A schema as a registry has it. */
export interface RegisteredSchema {
  readonly subject: string;
  readonly schema: string;
  /** Avro where none is given, as the API has it. */
  readonly schemaType?: 'PROTOBUF' | 'JSON';
  readonly references?: readonly { name: string; subject: string; version: number }[];
}

type Reply = readonly [status: number, body: unknown];

/**
 * A schema registry with the read side of Confluent's published API and its error codes.
 * Source: docs.confluent.io/platform/current/schema-registry/develop/api.html.
 */
export class TestRegistry {
  /** Every path that was asked for. */
  readonly asked: string[] = [];
  /** What it answers instead; null for what it has. */
  instead: Reply | null = null;
  /** `user:password`, if it wants them. */
  login: string | null = null;
  private readonly schemas: (RegisteredSchema & { id: number; version: number })[] = [];
  private readonly server = createServer((request, response) => {
    const [status, body] = this.reply(request);
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
    response.end(text);
  });

  static async start(): Promise<TestRegistry> {
    const registry = new TestRegistry();
    await registry.listen(0);
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** @returns its id */
  register(schema: RegisteredSchema, id = this.schemas.length + 1): number {
    const version = this.schemas.filter(({ subject }) => subject === schema.subject).length + 1;
    this.schemas.push({ ...schema, id, version });
    return id;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private reply({ url = '', method, headers }: IncomingMessage): Reply {
    this.asked.push(url);
    if (this.instead !== null) return this.instead;
    const given = headers.authorization?.replace('Basic ', '') ?? '';
    if (this.login !== null && atob(given) !== this.login) {
      return [401, { error_code: 401, message: 'Unauthorized' }];
    }
    if (method !== 'GET') return [405, { error_code: 405, message: 'HTTP 405' }];
    const [path = ''] = url.split('?');
    const parts = path.slice(1).split('/').map(decodeURIComponent);
    if (path === '/schemas/types') return [200, ['JSON', 'PROTOBUF', 'AVRO']];
    if (path === '/subjects') return [200, [...new Set(this.schemas.map((each) => each.subject))]];
    if (parts[0] === 'schemas' && parts[1] === 'ids') return this.byId(Number(parts[2]));
    if (parts[0] === 'subjects' && parts[2] === 'versions') {
      return this.byVersion(parts[1] ?? '', parts[3] ?? '');
    }
    return [404, { error_code: 404, message: 'HTTP 404 Not Found' }];
  }

  private byId(id: number): Reply {
    const found = this.schemas.find((each) => each.id === id);
    if (found === undefined) return [404, { error_code: 40403, message: `Schema ${id} not found` }];
    const { schema, schemaType, references } = found;
    return [200, { schema, schemaType, references }];
  }

  private byVersion(subject: string, version: string): Reply {
    const all = this.schemas.filter((each) => each.subject === subject);
    if (all.length === 0)
      return [404, { error_code: 40401, message: `Subject '${subject}' not found.` }];
    const found =
      version === 'latest' ? all.at(-1) : all.find((each) => each.version === Number(version));
    if (found === undefined)
      return [404, { error_code: 40402, message: `Version ${version} not found.` }];
    return [200, found];
  }
}

/** A value in the wire format: a zero, the id, and the payload. */
export function inWireFormat(id: number, payload: Buffer | string): Buffer {
  const head = Buffer.alloc(5);
  head.writeInt32BE(id, 1);
  return Buffer.concat([head, Buffer.from(payload)]);
}
