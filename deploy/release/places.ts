import { titleLine } from '#docs/man-page.ts';
import { withRelease } from './changelog.ts';

/** A release that is to be made. */
export interface NewRelease {
  readonly version: string;
  /** The version that the checkout has. */
  readonly from: string;
  /** As in 2026-11-28. */
  readonly date: string;
}

/** Returns the content of a file with the release in it, or null where it has no place for it. */
type Edit = (content: string, release: NewRelease) => string | null;

/** What shows commands with the names of what a release builds. */
const NAMING = [
  'README.md',
  'docs/install.md',
  'docs/deployment.md',
  'deploy/compose.yaml',
  'Makefile',
];

/** Every file that says which release this is. */
export const PLACES: ReadonlyMap<string, Edit> = new Map<string, Edit>([
  ['CHANGELOG.md', withRelease],
  ['package.json', replacing([/^( {2}"version": ")[^"]+/m])],
  ['package-lock.json', replacing([/^( {2}"version": ")[^"]+/m, /^( {6}"version": ")[^"]+/m])],
  ['deploy/helm/capi-relay/Chart.yaml', replacing([/^(version: ).+/m, /^(appVersion: ).+/m])],
  ['deploy/Dockerfile', replacing([/^(ARG VERSION=).+/m])],
  ['docs/capi-relay.1', (page, release) => page.replace(/^\.TH .*/m, titleLine(release))],
  ...NAMING.map((name): [string, Edit] => [name, builtNames]),
]);

/** Puts the version behind the first match of each pattern, whose group is kept. */
function replacing(patterns: readonly RegExp[]): Edit {
  return (content, { version }) =>
    patterns.every((pattern) => pattern.test(content))
      ? patterns.reduce(
          (text, pattern) => text.replace(pattern, (_, kept: string) => `${kept}${version}`),
          content,
        )
      : null;
}

/** `capi-relay-0.1.0.tgz`, `example-capi-relay-0.1.0.tgz` and `capi-relay:0.1.0`. */
function builtNames(content: string, { version, from }: NewRelease): string | null {
  const names = [`capi-relay-${from}`, `capi-relay:${from}`];
  if (!names.some((name) => content.includes(name))) return null;
  return names.reduce((text, name) => text.replaceAll(name, name.replace(from, version)), content);
}
