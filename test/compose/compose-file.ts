import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { inRepository } from '#test/support/in-repository.ts';

/** A service as the file has it, with its anchors merged. */
export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly pull_policy?: string;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly network_mode?: string;
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface ComposeFile {
  readonly name: string;
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, null>>;
}

export const COMPOSE = parse(readFileSync(inRepository('deploy/compose.yaml'), 'utf8'), {
  merge: true,
}) as ComposeFile;

/** Where the secrets of an installation are in its containers. */
export const SECRETS = '/run/secrets/capi-relay';

/** The services that run capi-relay itself, and stay. */
export const PROCESSES = ['sandbox', 'ingest', 'worker-1', 'worker-2', 'control'];

export function serviceNamed(name: string): ComposeService {
  const service = COMPOSE.services[name];
  if (service === undefined) throw new Error(`compose.yaml has no service ${name}`);
  return service;
}
