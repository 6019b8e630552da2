import type { LocalServices } from '#local/services.ts';

/** What the setup of a test run started, for its teardown: both run in the same process. */
export const SERVICES: {
  current: { readonly services: LocalServices; readonly folder: string } | null;
} = { current: null };
