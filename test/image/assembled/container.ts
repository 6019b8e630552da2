import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { type Assembled, BASE, NODE_FOLDER } from './assemble.ts';

const run = promisify(execFile);

/** uid 1000 without any right, as USER 1000:1000 and an engine that drops every capability make it. */
const AS_USER = ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups', '--no-new-privs'];

/**
 * Runs a command of an image as an engine does: process 1 of its own processes, in its own network, as its user, with a
 * read-only file system and an empty /tmp. The mounts need root.
 * @param configuration the folder that is mounted where the image expects its configuration
 */
export async function startContainer(
  bwrap: string,
  image: Assembled,
  configuration: string,
  args: readonly string[],
  command: readonly string[] = image.entrypoint,
) {
  await mkdir(join(image.root, 'etc/capi-relay'), { recursive: true });
  await mkdir(join(image.root, NODE_FOLDER), { recursive: true });
  const sandbox = [
    ...['--bind', image.root, '/', ...BASE, '--perms', '1777', '--tmpfs', '/tmp'],
    ...['--ro-bind', configuration, '/etc/capi-relay', '--remount-ro', '/'],
    ...['--unshare-pid', '--as-pid-1', '--unshare-net', '--unshare-ipc', '--die-with-parent'],
    ...['--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID', '--cap-add', 'CAP_SETPCAP'],
    ...['--chdir', image.workingFolder, '--info-fd', '3'],
  ];
  const child = spawn(bwrap, [...sandbox, ...AS_USER, ...command, ...args], {
    env: image.environment,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr] as Readable[]) {
    stream.on('data', (bytes: Buffer) => {
      output += bytes.toString('utf8');
    });
  }
  const exited = once(child, 'close').then(([code]) => Number(code));
  const [info] = await once(child.stdio[3] as Readable, 'data');
  const pid = Number(/"child-pid": (\d+)/.exec(String(info))?.[1]);
  return {
    output: () => output,
    exited,
    signal: (name: NodeJS.Signals) => process.kill(pid, name),
    end: () => child.kill('SIGKILL'),
    /** Runs a command beside it, as an engine runs a health check. @throws Error with its output when it fails */
    async exec(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
      const into = [`--target=${pid}`, '--mount', '--pid', '--net'];
      const [file = '', ...rest] = [...AS_USER, ...words];
      const merged = { ...image.environment, ...env };
      return (await run('nsenter', [...into, file, ...rest], { env: merged })).stdout;
    },
  };
}
