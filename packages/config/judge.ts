import { isLoopback } from './loopback.ts';
import type { Parts } from './parts.ts';
import type { Place } from './place.ts';
import type { Problems } from './problems.ts';
import type { ConfigurationFile } from './schema.ts';

/** Finds what no key can be blamed for alone: keys that do not fit together. */
export function judgeTogether(parts: Parts, problems: Problems): void {
  const { ingest, worker, control, graphApi, sealing } = parts;
  if (graphApi !== undefined) judgeGraphApi(graphApi, problems);
  if (ingest !== undefined) judgeMarks(ingest.backpressure, problems);
  if (worker !== undefined) judgeWaits(worker, problems);
  if (control !== undefined) judgeControl(control, problems);
  if (sealing !== undefined && sealing !== 'off') judgeKeys(sealing, problems);
  judgeDeadLetters(parts, problems);
  judgePixels(parts, problems);
}

function judgeMarks(marks: ConfigurationFile['ingest']['backpressure'], problems: Problems): void {
  const judge = (name: string, lower: number, upper: number): void => {
    if (lower < upper) return;
    const place = ['ingest', 'backpressure', `resumeAt${name}`];
    problems.add(place, `is not below pauseAt${name}`, `lower it, or raise pauseAt${name}`);
  };
  judge('Events', marks.resumeAtEvents, marks.pauseAtEvents);
  judge('DeadLetters', marks.resumeAtDeadLetters, marks.pauseAtDeadLetters);
  judge('MemoryRatio', marks.resumeAtMemoryRatio, marks.pauseAtMemoryRatio);
}

function judgeWaits(
  { retry, breaker }: Pick<ConfigurationFile['worker'], 'retry' | 'breaker'>,
  problems: Problems,
): void {
  for (const [name, { baseMs, capMs }] of Object.entries({ retry, breaker })) {
    if (baseMs <= capMs) continue;
    problems.add(['worker', name, 'capMs'], 'is below baseMs', 'raise it, or lower baseMs');
  }
}

/** Access tokens are in every request. */
function judgeGraphApi({ url }: ConfigurationFile['graphApi'], problems: Problems): void {
  // What is no URL at all has been complained about by its schema, or is about to fail there.
  if (!URL.canParse(url)) return;
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:' || isLoopback(hostname)) return;
  const message = 'sends access tokens and events in clear text to another machine';
  const mend = 'write https://, in GRAPH_API_URL too; http:// is for a sandbox on this machine';
  problems.add(['graphApi', 'url'], message, mend);
}

function judgeControl(
  { host, users, proxy, behindTlsProxy }: ConfigurationFile['control'],
  problems: Problems,
): void {
  const names = users.map(({ name }) => name);
  const placeOf = (index: number) => ['control', 'users', index, 'name'];
  reportRepeated(names, placeOf, 'give each user a name of their own', problems);
  if (isLoopback(host)) return;
  if (users.length === 0 && proxy === null) {
    const message = 'lets other machines in, and nobody has to say who they are';
    problems.add(['control', 'host'], message, 'add control.users, or listen on 127.0.0.1');
  } else if (users.length > 0 && !behindTlsProxy) {
    const message = 'takes passwords in clear text from other machines';
    const mend =
      'put a proxy that speaks TLS in front and set control.behindTlsProxy, or listen on 127.0.0.1';
    problems.add(['control', 'host'], message, mend);
  }
}

function judgeKeys(
  { currentKey, keys }: Exclude<ConfigurationFile['sealing'], 'off'>,
  problems: Problems,
): void {
  const ids = keys.map(({ id }) => id);
  const placeOf = (index: number) => ['sealing', 'keys', index, 'id'];
  reportRepeated(ids, placeOf, 'give each key an id of its own', problems);
  if (ids.includes(currentKey)) return;
  const mend = `name one of them: ${ids.join(', ')}`;
  problems.add(['sealing', 'currentKey'], 'is not the id of one of sealing.keys', mend);
}

/** What dies of a dead letter would be one more: without end. */
function judgeDeadLetters({ deadLetters, kafka }: Parts, problems: Problems): void {
  const topic = deadLetters?.topic ?? null;
  if (topic === null || !(kafka?.topics ?? []).includes(topic)) return;
  const message = 'is one of kafka.topics: each dead letter would be read, and die again';
  problems.add(['deadLetters', 'topic'], message, 'name a topic of its own');
}

function judgePixels({ pixels, kafka }: Parts, problems: Problems): void {
  const ids = pixels.map((pixel) => pixel?.pixelId ?? null);
  reportRepeated(ids, (index) => ['pixels', index, 'pixelId'], 'put both into one entry', problems);
  if (kafka === undefined) return;
  for (const [index, pixel] of pixels.entries()) {
    const unread = (pixel?.events.topics ?? []).filter((topic) => !kafka.topics.includes(topic));
    if (unread.length === 0) continue;
    const message = `names topics that are not read: ${unread.join(', ')}`;
    problems.add(['pixels', index, 'events', 'topics'], message, 'add them to kafka.topics');
  }
}

function reportRepeated(
  ids: readonly (string | null)[],
  placeOf: (index: number) => Place,
  mend: string,
  problems: Problems,
): void {
  for (const [index, id] of ids.entries()) {
    if (id !== null && ids.indexOf(id) < index)
      problems.add(placeOf(index), 'is there twice', mend);
  }
}
