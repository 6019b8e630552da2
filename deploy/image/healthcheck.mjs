// Asks the service of this container whether it is alive, as HEALTHCHECK of the image; with HEALTH_PATH=/readyz,
// whether it is ready. A command that is no service, such as preview, is healthy while it runs.
import { readFileSync } from 'node:fs';

/** The ports of the services by default; HEALTH_PORT names another one. */
const PORTS = { ingest: 9101, worker: 9102, control: 9103 };
const TIMEOUT_MS = 4000;
const path = process.env.HEALTH_PATH ?? '/livez';

/** What process 1 runs; docker run --init puts a word or two before it. */
const words = readFileSync('/proc/1/cmdline', 'utf8').split('\0');
const command = words[words.findIndex((word) => word.endsWith('capi-relay.mjs')) + 1] ?? '';
const port = process.env.HEALTH_PORT ?? (Object.hasOwn(PORTS, command) ? PORTS[command] : null);

if (port !== null) {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal }).catch((error) => error);
  if (!answer.ok) {
    const detail = answer instanceof Error ? answer.message : (await answer.text()).trim();
    process.stderr.write(`${command} is not ${path === '/livez' ? 'alive' : 'ready'}: ${detail}\n`);
    process.exitCode = 1;
  }
}
