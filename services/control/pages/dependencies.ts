import { type Html, html } from '../html.ts';
import type { DependencyReading } from '../readings/kafka.ts';
import type { Overview } from '../readings/overview.ts';
import { ago } from './figures.ts';

/** Whether the servers answer that everything depends on. */
export function dependencies({ kafka, redis, fleet, now }: Overview): Html {
  const memory =
    redis.memoryRatio === 0
      ? ''
      : `; ${(redis.memoryRatio * 100).toFixed(0)} % of its memory is used`;
  const configured = fleet.pixels.filter((pixel) => pixel.configured);
  const flowing = configured.filter(({ lane }) => lane.state === 'active');
  const all = flowing.length === configured.length;
  const meta = {
    ok: all,
    detail: `takes events of ${all ? 'every pixel' : `${flowing.length} of ${configured.length} pixels`}, as the workers last saw it`,
    lastError: null,
  };
  return html`<section aria-labelledby="dependencies"><h2 id="dependencies">Depends on</h2>
<dl class="cards">
${card('Kafka', kafka, now)}
${card('Redis', { ...redis, detail: redis.detail + memory }, now)}
${card('Meta', meta, now)}
</dl></section>`;
}

function card(name: string, { ok, detail, lastError }: DependencyReading, now: number): Html {
  const [kind, word] =
    ok === null ? ['', 'not known yet'] : ok ? ['good', 'well'] : ['bad', 'in trouble'];
  return html`<div><dt>${name} <span class="state ${kind}">${word}</span></dt>
<dd>${detail}.${lastError !== null && html` <span class="muted">Last error ${ago(lastError.at, now)}: ${lastError.words}</span>`}</dd></div>
`;
}
