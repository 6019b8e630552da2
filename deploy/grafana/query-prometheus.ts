/** What Grafana substitutes in a query: durations from the time range, and the variables. */
export interface Chosen {
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  /** Seconds between two points. */
  readonly step: number;
  /** Seconds between two scrapes. */
  readonly scrapeInterval: number;
  /** Variable → value; a pattern where several values can be selected. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Substitutes the variables of a query as Grafana does. */
function filledIn(expression: string, chosen: Chosen): string {
  const { from, to, step, scrapeInterval, variables } = chosen;
  const rate = Math.max(step + scrapeInterval, 4 * scrapeInterval);
  const words: Record<string, string> = {
    ...variables,
    __rate_interval: `${rate}s`,
    __range: `${to - from}s`,
  };
  return expression.replace(/\$(\w+)/g, (word, name: string) => words[name] ?? word);
}

/** A series of a result: its labels, and its points as pairs of Unix seconds and value. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [number, number])[];
}

type QueryResult = {
  readonly metric: Record<string, string>;
  readonly value?: [number, string];
  readonly values?: [number, string][];
};

/**
 * Queries a Prometheus as a panel does: for each step of the time range, or once for its end.
 * @throws Error with Prometheus's message when it rejects the query
 */
export async function queryPrometheus(
  url: string,
  query: { readonly expr: string; readonly instant?: boolean },
  chosen: Chosen,
): Promise<Series[]> {
  const { from, to, step } = chosen;
  const expression = filledIn(query.expr, chosen);
  const times: Record<string, string> = query.instant
    ? { time: String(to) }
    : { start: String(from), end: String(to), step: String(step) };
  const answer = await fetch(`${url}/api/v1/${query.instant ? 'query' : 'query_range'}`, {
    method: 'POST',
    body: new URLSearchParams({ query: expression, ...times }),
  });
  const { error, data } = (await answer.json()) as {
    error?: string;
    data: { result: QueryResult[] };
  };
  if (error !== undefined) throw new Error(`${error}: ${expression}`);
  return data.result.map(({ metric, value, values }) => ({
    labels: metric,
    points: (values ?? (value ? [value] : [])).map(([at, text]) => [at, Number(text)] as const),
  }));
}
