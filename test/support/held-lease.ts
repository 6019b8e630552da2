import type { EnvelopeLease } from '#store/delivery/leases.ts';

/** A hold that no other worker can have. */
export const HELD_LEASE: EnvelopeLease = {
  predecessor: null,
  fresh: () => true,
  confirm: async () => true,
  release() {},
};
