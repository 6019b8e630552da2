import { createHash } from 'node:crypto';
import { createJsonPreview } from '#cli/preview/previews.ts';
import type { Becomes, Case } from './cases.ts';
import { isJson, type Json } from './json-data.ts';

/** What becomes of an event. */
export interface Outcome {
  /** The server events as they are sent, or `reject too_old` and such. */
  readonly becomes: readonly Becomes[];
  readonly warnings: readonly string[];
}

/** What a case says: hashes are made here, of the readable values, with nothing of ours. */
export function expectedOf({ becomes, warnings }: Case): Outcome {
  return {
    becomes: becomes.map((each) => (isJson(each) ? (hashed(each) as Json) : each)),
    warnings,
  };
}

function hashed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hashed);
  if (!isJson(value)) return value;
  const { sha256 } = value;
  if (typeof sha256 === 'string') return createHash('sha256').update(sha256, 'utf8').digest('hex');
  return Object.fromEntries(Object.entries(value).map(([name, below]) => [name, hashed(below)]));
}

/** What the command `capi-relay preview` answers, which is what the worker would send. */
export function actualOf({ line, now }: Case): Outcome {
  const clock = (): number => Date.parse(now);
  const preview = createJsonPreview({ configuration: null, now: null, clock });
  const answers = preview(line)
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Answer);
  return {
    becomes: answers.map(({ outcome, reason, event }) =>
      outcome === 'deliver' ? event : `${outcome} ${reason}`,
    ),
    warnings: answers.flatMap(({ warnings = [] }) =>
      warnings.map(({ code, path }) => `${code} ${path}`),
    ),
  };
}

/** One line of the command's output. */
interface Answer {
  readonly outcome: string;
  readonly reason: string;
  readonly event: Json;
  readonly warnings?: readonly { readonly code: string; readonly path: string }[];
}
