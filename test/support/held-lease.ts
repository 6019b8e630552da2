import type { Lease } from '#store/delivery/leases.ts';

/** A hold that nobody else can have. */
export const HELD_LEASE: Lease = {
  predecessor: null,
  fresh: () => true,
  confirm: async () => true,
  release() {},
};
