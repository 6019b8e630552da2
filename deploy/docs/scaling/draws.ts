import type { Random } from '#cli/produce/random.ts';

/** Where a sum of many is as good as normal, and counting one by one would be slow. */
const MANY = 50;

/** The random quantities of a simulation; the same seed gives the same ones on every machine. */
export class Draws {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  /** From 0, excluded, to 1. */
  share(): number {
    return (this.random.bits() + 1) / 0x1_0000_0000;
  }

  below(limit: number): number {
    return this.random.below(limit);
  }

  /** How many come, where each comes by itself and `mean` on average. */
  arrivals(mean: number): number {
    if (mean > MANY) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let left = this.share(); left > limit; left *= this.share()) count += 1;
    return count;
  }

  /** A time with a long tail, of which half are below the median and nine in ten below `p90`. */
  latency({ median, p90 }: { readonly median: number; readonly p90: number }): number {
    const NINE_IN_TEN = 1.2816;
    return median * Math.exp((Math.log(p90 / median) / NINE_IN_TEN) * this.normal());
  }

  private normal(): number {
    return Math.sqrt(-2 * Math.log(this.share())) * Math.cos(2 * Math.PI * this.share());
  }
}
