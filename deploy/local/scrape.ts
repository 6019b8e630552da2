/** Samples of one or more `/metrics` pages. */
export class Samples {
  private readonly rows: { name: string; labels: Record<string, string>; value: number }[] = [];

  /** Adds a page in Prometheus's text format. */
  add(page: string): void {
    for (const line of page.split('\n')) {
      const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
      if (match === null) continue;
      const pairs = (match[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g);
      const labels = Object.fromEntries([...pairs].map(([, key, value]) => [key, value]));
      this.rows.push({ name: match[1] ?? '', labels, value: Number(match[3]) });
    }
  }

  /** The sum of all samples with that name and those labels. */
  sum(name: string, labels: Record<string, string> = {}): number {
    return this.rows
      .filter((row) => row.name === name)
      .filter((row) => Object.entries(labels).every(([key, value]) => row.labels[key] === value))
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** The distinct values of a label among the samples with that name. */
  values(name: string, label: string): string[] {
    const found = this.rows
      .filter((row) => row.name === name)
      .map((row) => row.labels[label] ?? '');
    return [...new Set(found)].sort();
  }

  /** A quantile of a histogram as Prometheus computes it; null while the histogram is empty. */
  quantile(name: string, q: number): number | null {
    const buckets = new Map<number, number>();
    for (const row of this.rows) {
      if (row.name !== `${name}_bucket`) continue;
      const le = row.labels['le'] === '+Inf' ? Infinity : Number(row.labels['le']);
      buckets.set(le, (buckets.get(le) ?? 0) + row.value);
    }
    const edges = [...buckets].sort(([a], [b]) => a - b);
    const rank = (edges.at(-1)?.[1] ?? 0) * q;
    if (rank === 0) return null;
    let [below, counted] = [0, 0];
    for (const [edge, cumulative] of edges) {
      if (cumulative >= rank) {
        if (edge === Infinity) return below;
        return below + ((edge - below) * (rank - counted)) / Math.max(cumulative - counted, 1);
      }
      [below, counted] = [edge, cumulative];
    }
    return null;
  }
}

/** The metrics of several processes; skips those that do not answer. */
export async function scrape(urls: readonly string[]): Promise<Samples> {
  const samples = new Samples();
  const pages = urls.map(async (url) => {
    const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(3000) });
    samples.add(await answer.text());
  });
  await Promise.allSettled(pages);
  return samples;
}
