import { isLoopback } from './exposures.ts';
import type { KeyPath, Problems } from './problems.ts';
import { checkRedisPlace } from './redis-place.ts';
import type { ConfigurationFile, ValidSections } from './schema/configuration-file.ts';

/** Finds keys that are valid by themselves and do not fit together. */
export function crossChecks(sections: ValidSections, problems: Problems): void {
  const { ingest, worker, control, graphApi, sealing } = sections;
  if (graphApi !== undefined) {
    checkGraphApi(graphApi, problems);
    checkCanary(graphApi, sections, problems);
  }
  if (ingest !== undefined) checkBackpressure(ingest.backpressure, problems);
  if (worker !== undefined) checkBackoff(worker, problems);
  if (control !== undefined) checkControl(control, problems);
  if (sealing !== undefined && sealing !== 'off') checkKeys(sealing, problems);
  if (sections.redis !== undefined) checkRedisPlace(sections.redis, problems);
  if (sections.kafka !== undefined) checkKafka(sections.kafka, problems);
  if (sections.metrics !== undefined) checkMetrics(sections.metrics, sections, problems);
  checkRegistryTopics(sections, problems);
  checkDeadLetters(sections, problems);
  checkPixels(sections, problems);
}

function checkBackpressure(
  marks: ConfigurationFile['ingest']['backpressure'],
  problems: Problems,
): void {
  const check = (name: string, lower: number, upper: number): void => {
    if (lower < upper) return;
    const path = ['ingest', 'backpressure', `resumeAt${name}`];
    problems.add(path, `must be below pauseAt${name}`, `lower it, or raise pauseAt${name}`);
  };
  check('Events', marks.resumeAtEvents, marks.pauseAtEvents);
  check('DeadLetters', marks.resumeAtDeadLetters, marks.pauseAtDeadLetters);
  check('MemoryRatio', marks.resumeAtMemoryRatio, marks.pauseAtMemoryRatio);
}

function checkBackoff(
  { retry, breaker }: Pick<ConfigurationFile['worker'], 'retry' | 'breaker'>,
  problems: Problems,
): void {
  for (const [name, { baseMs, capMs }] of Object.entries({ retry, breaker })) {
    if (baseMs <= capMs) continue;
    problems.add(['worker', name, 'capMs'], 'is below baseMs', 'raise it, or lower baseMs');
  }
}

/** Every request carries an access token. */
function checkGraphApi({ url }: ConfigurationFile['graphApi'], problems: Problems): void {
  // The schema has reported what is not a URL at all, or the request is about to.
  if (!URL.canParse(url)) return;
  const { protocol, hostname } = new URL(url);
  if (protocol === 'https:' || isLoopback(hostname)) return;
  const message = 'sends access tokens and events in plain text to another machine';
  const fix = 'use https://, in GRAPH_API_URL too; http:// is for a sandbox on this machine';
  problems.add(['graphApi', 'url'], message, fix);
}

function checkCanary(
  { version, canary }: ConfigurationFile['graphApi'],
  { pixels }: ValidSections,
  problems: Problems,
): void {
  if (canary === null) return;
  if (canary.version === version) {
    const path = ['graphApi', 'canary', 'version'];
    problems.add(
      path,
      'is graphApi.version too',
      'name another version, or remove graphApi.canary',
    );
  }
  checkKnown(canary.pixels ?? [], pixels, ['graphApi', 'canary', 'pixels'], problems);
}

function checkRegistryTopics({ schemaRegistry, kafka }: ValidSections, problems: Problems): void {
  if (kafka === undefined) return;
  for (const [index, topic] of (schemaRegistry?.topics ?? []).entries()) {
    if (kafka.topics.includes(topic)) continue;
    const path = ['schemaRegistry', 'topics', index];
    problems.add(path, 'is not among kafka.topics', 'correct it, or add it there');
  }
}

function checkMetrics(
  { detailedPixels }: ConfigurationFile['metrics'],
  { pixels }: ValidSections,
  problems: Problems,
): void {
  if (typeof detailedPixels === 'string') return;
  checkKnown(detailedPixels, pixels, ['metrics', 'detailedPixels'], problems);
}

function checkKnown(
  ids: readonly string[],
  pixels: ValidSections['pixels'],
  path: KeyPath,
  problems: Problems,
): void {
  const known = new Set(pixels.map((pixel) => pixel?.pixelId));
  for (const [index, id] of ids.entries()) {
    if (known.has(id)) continue;
    const fix = 'name a pixelId of pixels';
    problems.add([...path, index], 'is no pixel of the configuration', fix);
  }
}

function checkControl(
  { host, users, proxy, behindTlsProxy }: ConfigurationFile['control'],
  problems: Problems,
): void {
  reportRepeated(['control', 'users'], 'name', users, 'give each user a unique name', problems);
  if (isLoopback(host)) return;
  if (users.length === 0 && proxy === null) {
    const message = 'accepts other machines without authentication';
    problems.add(['control', 'host'], message, 'add control.users, or listen on 127.0.0.1');
  } else if (users.length > 0 && !behindTlsProxy) {
    const message = 'accepts passwords in plain text from other machines';
    const fix = 'put a TLS proxy in front and set control.behindTlsProxy, or listen on 127.0.0.1';
    problems.add(['control', 'host'], message, fix);
  }
}

function checkKeys(
  { currentKey, keys }: Exclude<ConfigurationFile['sealing'], 'off'>,
  problems: Problems,
): void {
  reportRepeated(['sealing', 'keys'], 'id', keys, 'give each key a unique id', problems);
  const ids = keys.map(({ id }) => id);
  if (ids.includes(currentKey)) return;
  const fix = `use one of ${ids.join(', ')}`;
  problems.add(['sealing', 'currentKey'], 'is not the id of one of sealing.keys', fix);
}

/** A token is as good as a password. */
function checkKafka({ ssl, sasl }: ConfigurationFile['kafka'], problems: Problems): void {
  if (sasl?.mechanism === 'aws-msk-iam' && ssl === false) {
    problems.add(['kafka', 'ssl'], 'is off, and aws-msk-iam needs TLS', 'set it to true');
  }
  if (sasl?.tokenUrl === undefined || !URL.canParse(sasl.tokenUrl)) return;
  const { protocol, hostname } = new URL(sasl.tokenUrl);
  if (protocol === 'https:' || isLoopback(hostname)) return;
  const message = 'sends the secret of the client in plain text to another machine';
  problems.add(['kafka', 'sasl', 'tokenUrl'], message, 'use https://');
}

/** A dead letter that is read again becomes another dead letter, without end. */
function checkDeadLetters({ deadLetters, kafka }: ValidSections, problems: Problems): void {
  const topic = deadLetters?.topic ?? null;
  if (topic === null || !(kafka?.topics ?? []).includes(topic)) return;
  const message = 'is one of kafka.topics: each dead letter would be read and die again';
  problems.add(['deadLetters', 'topic'], message, 'use a topic of its own');
}

function checkPixels({ pixels, kafka }: ValidSections, problems: Problems): void {
  reportRepeated(['pixels'], 'pixelId', pixels, 'merge both into one entry', problems);
  reportRepeated(['pixels'], 'name', pixels, 'give each pixel a name of its own', problems);
  const ids = new Set(pixels.map((pixel) => pixel?.pixelId));
  for (const [index, pixel] of pixels.entries()) {
    const shadow = pixel?.shadow ?? null;
    if (shadow === null || !ids.has(shadow.pixelId)) continue;
    const path = ['pixels', index, 'shadow', 'pixelId'];
    problems.add(path, 'gets live events', 'use a dataset for tests alone');
  }
  if (kafka === undefined) return;
  for (const [index, pixel] of pixels.entries()) {
    const unread = (pixel?.events.topics ?? []).filter((topic) => !kafka.topics.includes(topic));
    if (unread.length === 0) continue;
    const message = `names topics that are not read: ${unread.join(', ')}`;
    problems.add(['pixels', index, 'events', 'topics'], message, 'add them to kafka.topics');
  }
}

/** @param key whose value must be unique in the list at the path */
function reportRepeated<Key extends string>(
  path: KeyPath,
  key: Key,
  list: readonly (Readonly<Partial<Record<Key, string | undefined>>> | null)[],
  fix: string,
  problems: Problems,
): void {
  const ids = list.map((item) => item?.[key]);
  for (const [index, id] of ids.entries()) {
    const repeats = id !== undefined && ids.indexOf(id) < index;
    if (repeats) problems.add([...path, index, key], 'is a duplicate', fix);
  }
}
