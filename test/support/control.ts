import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { type RelayProcess, startRelay } from '#local/relay-process.ts';
import { createSealer, type Sealer } from '#store/sealing.ts';
import { eventually } from './deadline.ts';
import { uniqueName } from './names.ts';

/** The pixels that the control process of a test knows. */
export const PIXELS = ['201', '202', '203'];

export interface ControlOptions {
  readonly brokers: readonly string[];
  readonly redisUrl: string;
  readonly control?: Readonly<Record<string, unknown>>;
  readonly args?: readonly string[];
  /** True starts a worker and the sandbox that it delivers to. */
  readonly delivering?: boolean;
}

/** A control process on a Redis prefix of its own. */
export class TestControl {
  readonly prefix: string;
  readonly process: RelayProcess;
  readonly sealer: Sealer;
  /** Where purges are written down. */
  readonly folder: string;
  private readonly others: readonly RelayProcess[];

  private constructor(parts: {
    folder: string;
    prefix: string;
    sealer: Sealer;
    process: RelayProcess;
    others: readonly RelayProcess[];
  }) {
    this.folder = parts.folder;
    this.prefix = parts.prefix;
    this.sealer = parts.sealer;
    this.process = parts.process;
    this.others = parts.others;
  }

  static async start(options: ControlOptions): Promise<TestControl> {
    const { brokers, redisUrl, control, args = [], delivering = false } = options;
    const folder = await mkdtemp(join(tmpdir(), 'capi-relay-control-'));
    const prefix = `{${uniqueName('control')}}`;
    const key = randomBytes(32);
    const file = join(folder, 'capi-relay.json');
    const launch = (name: string, given: readonly string[]): Promise<RelayProcess> =>
      startRelay(`${name}/main.ts`, { name, folder, args: given });
    const sandbox = delivering ? [await launch('sandbox', ['--port', '0'])] : [];
    const configuration = {
      kafka: { brokers, topics: ['track-events'] },
      redis: { url: redisUrl, prefix },
      graphApi: { url: sandbox[0]?.url ?? 'http://127.0.0.1:9' },
      sealing: { currentKey: 'k', keys: [{ id: 'k', key: key.toString('base64') }] },
      worker: { port: 0 },
      control: { port: 0, backupFolder: folder, ...control },
      pixels: PIXELS.map((pixelId) => ({ pixelId, accessToken: 'control-token' })),
    };
    await writeFile(file, JSON.stringify(configuration));
    const [process, ...workers] = await Promise.all([
      launch('control', ['--config', file, ...args]),
      ...(delivering ? [launch('worker', ['--config', file])] : []),
    ]);
    const sealer = createSealer('k', [{ id: 'k', key }]);
    const started = new TestControl({
      ...{ folder, prefix, sealer, process },
      others: [...workers, ...sandbox],
    });
    // It runs before Redis has let it in: until then its pages say that Redis does not answer.
    await eventually(async () => expect((await started.ask('/readyz')).status).toBe(200));
    return started;
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
    for (const each of [this.process, ...this.others]) await each.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
