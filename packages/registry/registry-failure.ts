/** Why a registry does not give a schema, as far as the fix depends on it. */
export const REGISTRY_FAULTS = ['unreachable', 'not_allowed', 'other'] as const;
type RegistryFault = (typeof REGISTRY_FAULTS)[number];

/**
 * A registry does not say now what a schema is; it may later. The message has the problem and the fix, and
 * no secret.
 */
export class RegistryFailure extends Error {
  readonly fault: RegistryFault;

  constructor(fault: RegistryFault, problem: string, fix: string) {
    super(`${problem} → ${fix}`);
    this.fault = fault;
  }
}

export function registryFault(error: unknown): RegistryFault {
  return error instanceof RegistryFailure ? error.fault : 'other';
}
