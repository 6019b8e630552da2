import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Configuration } from '#config/configuration.ts';
import { loadConfiguration } from '#config/load.ts';
import { ConfigurationError, type Problem } from '#config/problems.ts';

/** 32 bytes. */
export const KEY = Buffer.alloc(32, 7).toString('base64');

/** The token of {@link MINIMAL}: no message may hold it. */
export const SECRET = 'secret-token';

/** The shortest configuration there is. */
export const MINIMAL = {
  kafka: { brokers: ['a:1'], topics: ['t'] },
  redis: { url: 'redis://localhost:6379' },
  sealing: { currentKey: 'k', keys: [{ id: 'k', key: KEY }] },
  pixels: [{ pixelId: '1', accessToken: SECRET }],
};

/** {@link MINIMAL} with something more, or something else, about its pixel. */
export function withPixel(extra: object) {
  return { ...MINIMAL, pixels: [{ ...MINIMAL.pixels[0], ...extra }] };
}

/** How a value of a configuration names a variable of the environment. */
export function ref(name: string): string {
  return `\${${name}}`;
}

/** A folder for configuration files. */
export class ConfigurationFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<ConfigurationFolder> {
    return new ConfigurationFolder(await mkdtemp(join(tmpdir(), 'capi-relay-configuration-')));
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true });
  }

  async write(name: string, content: unknown): Promise<string> {
    const file = join(this.path, name);
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  async load(content: unknown, env: Record<string, string> = {}): Promise<Configuration> {
    return loadConfiguration(await this.write('c.yaml', content), env);
  }

  /** What is wrong with a configuration, and the message that says so. */
  async refusal(
    content: unknown,
    env: Record<string, string> = {},
  ): Promise<{ problems: readonly Problem[]; message: string }> {
    const error = await this.load(content, env).catch((caught: unknown) => caught);
    if (error instanceof ConfigurationError) return error;
    throw new Error('the configuration was accepted');
  }
}
