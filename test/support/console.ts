import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RelayProcess, startRelay } from '#local/relay-process.ts';
import { uniqueName } from './names.ts';

/** The pixels that the console of a test knows. */
export const PIXELS = ['201', '202', '203'];

export interface ConsoleOptions {
  readonly brokers: readonly string[];
  readonly redisUrl: string;
  readonly console?: Readonly<Record<string, unknown>>;
  readonly args?: readonly string[];
}

/** A console on a Redis prefix that nobody else uses. */
export class TestConsole {
  readonly prefix: string;
  readonly process: RelayProcess;
  readonly sealingKey: Buffer;
  private readonly folder: string;

  private constructor(folder: string, prefix: string, sealingKey: Buffer, process: RelayProcess) {
    this.folder = folder;
    this.prefix = prefix;
    this.sealingKey = sealingKey;
    this.process = process;
  }

  static async start({
    brokers,
    redisUrl,
    console,
    args = [],
  }: ConsoleOptions): Promise<TestConsole> {
    const folder = await mkdtemp(join(tmpdir(), 'capi-relay-console-'));
    const prefix = `{${uniqueName('console')}}`;
    const key = randomBytes(32);
    const file = join(folder, 'capi-relay.json');
    const configuration = {
      kafka: { brokers, topics: ['track-events'] },
      redis: { url: redisUrl, prefix },
      sealing: { currentKey: 'k', keys: [{ id: 'k', key: key.toString('base64') }] },
      console: { port: 0, ...console },
      pixels: PIXELS.map((pixelId) => ({ pixelId, accessToken: 'console-token' })),
    };
    await writeFile(file, JSON.stringify(configuration));
    const options = { name: 'console', folder, args: ['--config', file, ...args] };
    const process = await startRelay('console/main.ts', options);
    return new TestConsole(folder, prefix, key, process);
  }

  /** Asks for a page, or sends a form when there are fields; follows no redirect. */
  async ask(
    path: string,
    {
      headers = {},
      form,
    }: { headers?: Record<string, string>; form?: Record<string, string> } = {},
  ): Promise<{ status: number; headers: Headers; text: string }> {
    const answer = await fetch(this.process.url + path, {
      headers,
      redirect: 'manual',
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  async stop(): Promise<void> {
    await this.process.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
