import type { DeadLetterFacts, NewDeadLetterFacts } from '#core/dead-letter/dead-letter.ts';
import { type Bucket, CauseGrouping, groupName } from '#core/dead-letter/groups.ts';
import type { Keys } from '../keys.ts';
import type { ScriptArgument } from '../lua/scripts.ts';
import type { Sealer } from '../sealing.ts';
import { type UnreadLetter, writeOutline } from './pages/outline.ts';
import { PAGE_LETTERS, writeFacts } from './pages/page.ts';
import { namePage, placeOfId, sealContents, sealFacts } from './pages/seal.ts';

/** A dead letter with the content from which its event can be sent once the cause is fixed. */
export interface NewDeadLetter {
  readonly facts: NewDeadLetterFacts;
  /** The message or the record, as `facts.holds` says. */
  readonly content: Buffer;
}

const PAGE_BYTES = 1024 * 1024;

/** The keys that the scripts write dead letters to, in the order they expect. */
export function deadLetterKeys(keys: Keys): string[] {
  const { order, facts, sealed, marks, groups, counts, died, expire, totals } = keys.dead;
  return [order, facts, sealed, marks, groups, counts, died, expire, totals];
}

/** The arguments of the scripts for some dead letters: their pages, and what their groups gain. */
export function insertArguments(
  sealer: Sealer,
  letters: readonly NewDeadLetter[],
): ScriptArgument[] {
  const pages = pagesOf(letters).flatMap((page) => {
    const name = namePage(page.length);
    const contents = page.map(({ content }) => content);
    const facts = page.map((letter) => letter.facts);
    return [
      name,
      sealFacts(sealer, name, writeFacts(facts), writeOutline(facts)),
      sealContents(sealer, name, contents),
    ];
  });
  return [
    pages.length / 3,
    ...pages,
    ...groupArguments(partsOf(letters.map(({ facts }) => facts))),
  ];
}

/** The arguments of the script that ends dead letters; of some it is only known what they counted as. */
export function removeArguments(
  letters: readonly DeadLetterFacts[],
  unread: readonly UnreadLetter[] = [],
): ScriptArgument[] {
  const ended = positionArguments([...letters, ...unread].map(({ id }) => id));
  return [
    ended.length / 2,
    ...ended,
    ...groupArguments([...partsOf(letters), ...unread.map(partOfUnread)]),
  ];
}

/** Where ids stand: each page, and the positions in it. */
export function positionArguments(ids: readonly string[]): string[] {
  const places = ids.map((id) => {
    const place = placeOfId(id);
    if (place === null) throw new Error(`“${id}” names no dead letter`);
    return place;
  });
  const pages = Map.groupBy(places, ({ page }) => page);
  return [...pages].flatMap(([page, of]) => [page, of.map(({ index }) => index).join()]);
}

function pagesOf(letters: readonly NewDeadLetter[]): NewDeadLetter[][] {
  const pages: NewDeadLetter[][] = [];
  let [page, bytes]: [NewDeadLetter[], number] = [[], 0];
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

/** What the scripts are told of groups: each group, and how many of it died and expire when. */
interface GroupParts {
  /** Name, words or none to keep what it has, and how many: three for each. */
  readonly groups: readonly ScriptArgument[];
  readonly died: readonly ScriptArgument[];
  readonly expire: readonly ScriptArgument[];
}

function groupArguments(parts: readonly GroupParts[]): ScriptArgument[] {
  const listOf = (name: keyof GroupParts, width: number) => {
    const all = parts.flatMap((part) => part[name]);
    return [all.length / width, ...all];
  };
  return [...listOf('groups', 3), ...listOf('died', 2), ...listOf('expire', 2)];
}

function partsOf(facts: readonly NewDeadLetterFacts[]): GroupParts[] {
  const grouping = new CauseGrouping();
  for (const each of facts) grouping.add(each);
  return [...grouping.groups()].map(([key, { events, died, expire, ...cause }]) => {
    const name = groupName(key);
    const listOf = (buckets: readonly Bucket[]) =>
      buckets.flatMap(({ at, events }) => [`${name}:${at / 1000}`, events]);
    const groups = [name, JSON.stringify(cause), events];
    return { groups, died: listOf(died), expire: listOf(expire) };
  });
}

/** One by one: a script adds up what it is told several times. */
function partOfUnread({ group, died, expires }: UnreadLetter): GroupParts {
  return {
    groups: [group, '', 1],
    died: [`${group}:${died}`, 1],
    expire: expires === null ? [] : [`${group}:${expires}`, 1],
  };
}
