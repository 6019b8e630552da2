import { type Chosen, queryPrometheus, type Series } from '../query-prometheus.ts';

/** A target as the JSON of a dashboard has it. */
interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat?: string;
  readonly instant?: boolean;
  readonly format?: string;
}

/** A dashboard as it stands in its file. */
export interface Written {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly { readonly id: number; readonly targets?: readonly Target[] }[];
}

/** What a query of a panel was answered. */
export interface Answer extends Target {
  readonly series: readonly Series[];
}

/** Panel id → what its queries were answered, in order. */
export type Answers = Readonly<Record<number, readonly Answer[]>>;

/** Asks every query of a dashboard, as Grafana would do for a reader. */
export async function answersOf(
  { panels }: Written,
  url: string,
  chosen: Chosen,
): Promise<Answers> {
  const answered = panels.map(async ({ id, targets = [] }) => {
    const answers = targets.map(async (target) => ({
      ...target,
      series: await queryPrometheus(url, target, chosen),
    }));
    return [id, await Promise.all(answers)] as const;
  });
  return Object.fromEntries(await Promise.all(answered));
}
