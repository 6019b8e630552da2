/** What is used of the package.json of the checkout. */
export interface CheckoutManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly type: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly man: readonly string[];
  readonly imports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  /** What an installation may add. */
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
}

/** The releases with Zstandard in node:zlib. Source: https://nodejs.org/api/zlib.html */
const NODE = '^22.15.0 || >=23.8.0';

/** What the package contains, besides what npm always takes: README, LICENSE and package.json. */
export const FILES = [
  'packages',
  'services',
  'docs',
  'deploy',
  'configuration.d.ts',
  'CHANGELOG.md',
  'npm-shrinkwrap.json',
  'commit',
];

/**
 * The package.json of the package that is installed elsewhere.
 * @param name another name, such as one in the scope of a company; null keeps that of the checkout,
 *   under which the package cannot be published, because it may belong to someone else
 */
export function manifestOf(checkout: CheckoutManifest, name: string | null) {
  const { version, description, license, type, bin, man, dependencies } = checkout;
  const { peerDependencies, peerDependenciesMeta } = checkout;
  return {
    name: name ?? checkout.name,
    version,
    ...(name === null ? { private: true } : {}),
    description,
    license,
    type,
    bin,
    man,
    engines: { node: NODE },
    imports: compiledImports(checkout.imports),
    exports: {
      '.': { types: './configuration.d.ts' },
      './capi-relay.schema.json': './docs/capi-relay.schema.json',
      './package.json': './package.json',
    },
    files: FILES,
    dependencies,
    peerDependencies,
    peerDependenciesMeta,
  };
}

/** Sources name TypeScript files in their imports; each leads to what was compiled from it. */
function compiledImports(imports: Readonly<Record<string, string>>) {
  const published = Object.entries(imports).filter(([, target]) =>
    /^\.\/(packages|services)\//.test(target),
  );
  return Object.fromEntries(
    published.map(([name, target]) => [
      `${name}.ts`,
      { types: `${target}.d.ts`, default: `${target}.js` },
    ]),
  );
}
