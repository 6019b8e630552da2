import { hash } from 'node:crypto';
import type { DeadLetterFacts, DeathFacts } from '#core/dead-letter.ts';
import type { Bucket, Group } from '#core/dead-letter-group.ts';
import { Grouping } from '#core/dead-letter-grouping.ts';
import { sealContents } from './dead-letter-content.ts';
import { namePage, placeOfId } from './dead-letter-id.ts';
import { PAGE_LETTERS, writeFacts } from './dead-letter-page.ts';
import { sealFacts } from './dead-letter-seal.ts';
import type { Keys } from './keys.ts';
import type { ScriptArgument } from './scripts.ts';
import type { Sealer } from './sealing.ts';

/** A dead letter with what it takes to send its event once the cause is mended. */
export interface DeadLetter {
  readonly facts: DeathFacts;
  /** The message or the record, as `facts.holds` says. */
  readonly content: Buffer;
}

const PAGE_BYTES = 1024 * 1024;
const GROUP_NAME_LENGTH = 12;

/** The keys that the scripts write dead letters to, in the order they expect. */
export function burialKeys(keys: Keys): string[] {
  const { order, facts, sealed, marks, groups, counts, died, expire, totals } = keys.dead;
  return [order, facts, sealed, marks, groups, counts, died, expire, totals];
}

/** The arguments of the scripts for some dead letters: their pages, and what their groups gain. */
export function burialArguments(sealer: Sealer, letters: readonly DeadLetter[]): ScriptArgument[] {
  const pages = pagesOf(letters).flatMap((page) => {
    const name = namePage(page.length);
    const contents = page.map(({ content }) => content);
    const facts = page.map((letter) => letter.facts);
    return [name, sealFacts(sealer, name, writeFacts(facts)), sealContents(sealer, name, contents)];
  });
  return [pages.length / 3, ...pages, ...groupArguments(letters.map(({ facts }) => facts))];
}

/** The arguments of the script that ends dead letters. */
export function exhumeArguments(letters: readonly DeadLetterFacts[]): ScriptArgument[] {
  const ended = positionArguments(letters.map(({ id }) => id));
  return [ended.length / 2, ...ended, ...groupArguments(letters)];
}

/** Where ids stand: each page, and the positions in it. */
export function positionArguments(ids: readonly string[]): string[] {
  const pages = new Map<string, number[]>();
  for (const id of ids) {
    const place = placeOfId(id);
    if (place === null) throw new Error(`“${id}” names no dead letter`);
    const positions = pages.get(place.page) ?? [];
    pages.set(place.page, positions);
    positions.push(place.index);
  }
  return [...pages].flatMap(([page, positions]) => [page, positions.join()]);
}

function pagesOf(letters: readonly DeadLetter[]): DeadLetter[][] {
  const pages: DeadLetter[][] = [];
  let [page, bytes]: [DeadLetter[], number] = [[], 0];
  for (const letter of letters) {
    if (page.length > 0 && (page.length >= PAGE_LETTERS || bytes >= PAGE_BYTES)) {
      pages.push(page);
      [page, bytes] = [[], 0];
    }
    page.push(letter);
    bytes += letter.content.length;
  }
  return page.length > 0 ? [...pages, page] : pages;
}

function groupArguments(facts: readonly DeathFacts[]): ScriptArgument[] {
  const grouping = new Grouping();
  for (const each of facts) grouping.add(each);
  const groups = [...grouping.groups()].map(
    ([key, group]) => [nameOf(key), group] as const satisfies [string, Group],
  );
  const buckets = (of: (group: Group) => readonly Bucket[]): ScriptArgument[] => {
    const fields = groups.flatMap(([name, group]) =>
      of(group).flatMap(({ at, events }) => [`${name}:${at / 1000}`, events]),
    );
    return [fields.length / 2, ...fields];
  };
  const causes = groups.flatMap(([name, { events, died: _, expire: __, ...cause }]) => [
    name,
    JSON.stringify(cause),
    events,
  ]);
  return [
    groups.length,
    ...causes,
    ...buckets(({ died }) => died),
    ...buckets(({ expire }) => expire),
  ];
}

/** Short, and the same for the same cause. */
function nameOf(causeKey: string): string {
  return hash('sha256', causeKey, 'base64url').slice(0, GROUP_NAME_LENGTH);
}
