import type { Lease } from '#store/delivery/leases.ts';

/** A hold that no other worker can have. */
export const HELD_LEASE: Lease = {
  predecessor: null,
  fresh: () => true,
  confirm: async () => true,
  release() {},
};
