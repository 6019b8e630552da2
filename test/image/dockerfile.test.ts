import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { inRepository } from '#test/support/in-repository.ts';
import { copyOf, INSTRUCTIONS, isSent, SENT, STAGES } from './dockerfile.ts';

const manifest = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));
const image = STAGES.at(-1);
const ofImage = image?.instructions ?? [];
const textOf = (name: string): string | undefined =>
  ofImage.find((each) => each.name === name)?.text;

describe('the image', () => {
  test('has the Node that the tests run on, by its exact release', () => {
    const [first] = INSTRUCTIONS;
    expect(first).toEqual({
      name: 'ARG',
      text: `NODE_IMAGE=node:${manifest.devDependencies.node}-bookworm-slim`,
    });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the Dockerfile
    expect(STAGES.map(({ base }) => base)).toEqual(Array(3).fill('${NODE_IMAGE}'));
  });

  test('says which release it is', () => {
    expect(ofImage).toContainEqual({ name: 'ARG', text: `VERSION=${manifest.version}` });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the Dockerfile
    expect(textOf('LABEL')).toContain('org.opencontainers.image.version="${VERSION}"');
    expect(textOf('LABEL')).toContain(`org.opencontainers.image.licenses="${manifest.license}"`);
  });

  test('is built for two processors, by name, with what is in it', () => {
    const [first] = INSTRUCTIONS.filter(({ name }) => name === 'FROM');
    expect(first?.text).toContain('--platform=$BUILDPLATFORM ');
    const sbom = STAGES.find(({ name }) => name === 'dependencies')?.instructions.at(-1);
    expect(sbom?.text).toBe('npm sbom --sbom-format=cyclonedx --omit=dev > sbom.cdx.json');
    const given = ['IMAGE=registry.example.com/capi-relay:1', 'PLATFORMS=linux/amd64,linux/arm64'];
    const env = { ...process.env, MAKEFLAGS: '', MAKELEVEL: '' };
    const options = { cwd: inRepository('.'), env, encoding: 'utf8' } as const;
    const { stdout } = spawnSync('make', ['--dry-run', 'image', ...given], options);
    expect(stdout.replaceAll(/\s+(?:\\\s+)?/g, ' ')).toContain(
      'docker buildx build --file deploy/Dockerfile --tag registry.example.com/capi-relay:1 --platform linux/amd64,linux/arm64 --sbom=true --provenance=mode=max --push ',
    );
    const plain = spawnSync('make', ['--dry-run', 'image'], options).stdout;
    expect(plain).toMatch(/^docker build --file deploy\/Dockerfile --tag capi-relay /);
  });

  test('finds its native modules for both processors in the lock', () => {
    const { packages } = JSON.parse(readFileSync(inRepository('package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: boolean }>;
    };
    const names = Object.keys(packages).filter((name) => packages[name]?.dev !== true);
    const forX64 = names.filter((name) => name.endsWith('linux-x64-gnu'));
    expect(forX64.length).toBeGreaterThanOrEqual(2);
    for (const name of forX64) expect(names).toContain(name.replace('x64', 'arm64'));
  });

  test('is not root, and runs any command as process 1', () => {
    expect(textOf('USER')).toBe('1000:1000');
    expect(JSON.parse(textOf('ENTRYPOINT') ?? '')).toEqual([
      'node',
      `/app/${manifest.bin['capi-relay']}`,
    ]);
    expect(textOf('HEALTHCHECK')).toContain('CMD ["node", "/app/healthcheck.mjs"]');
  });

  test('contains what the package contains, and nothing of the checkout but the health check', () => {
    const copies = ofImage.filter(({ name }) => name === 'COPY').map(copyOf);
    expect(copies).toEqual([
      { from: 'dependencies', sources: ['/app'], target: './' },
      { from: null, sources: ['deploy/image/healthcheck.mjs'], target: './' },
    ]);
  });
});

test('the health check knows the ports of the services', () => {
  const script = readFileSync(inRepository('deploy/image/healthcheck.mjs'), 'utf8');
  const { properties } = JSON.parse(
    readFileSync(inRepository('docs/capi-relay.schema.json'), 'utf8'),
  );
  for (const name of ['ingest', 'worker', 'control']) {
    const { default: port } = properties[name].properties.port;
    expect(script).toMatch(new RegExp(`\\b${name}: ${port}\\b`));
    expect(textOf('EXPOSE')?.split(' ')).toContain(String(port));
  }
});

describe('the engine is sent', () => {
  test('everything that a COPY names', () => {
    const named = STAGES.flatMap(({ instructions }) => instructions)
      .filter(({ name }) => name === 'COPY')
      .map(copyOf)
      .filter(({ from }) => from === null)
      .flatMap(({ sources }) => sources.filter((source) => source !== '.'));
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((path) => !isSent(path))).toEqual([]);
  });

  test('everything that the package is made of', () => {
    const stage = readFileSync(inRepository('deploy/package/stage.ts'), 'utf8');
    const listed = [...stage.matchAll(/^const (?:SOURCES|COPIED) = \[([^\]]+)\]/gm)].flatMap(
      ([, list = '']) => [...list.matchAll(/'([^']+)'/g)].map(([, path = '']) => path),
    );
    expect(listed).toEqual(expect.arrayContaining(['packages', 'services', 'LICENSE']));
    const pages = readdirSync(inRepository('docs')).filter((name) => name.endsWith('.md'));
    const all = [...listed, ...pages.map((name) => `docs/${name}`), 'tsconfig.json'];
    expect(all.filter((path) => !isSent(path))).toEqual([]);
  });

  test('no tests, no history, nothing that was installed here, and no file that is not there', () => {
    for (const path of ['test', '.git', 'node_modules', '.local', 'docs/images']) {
      expect([path, isSent(path)]).toEqual([path, false]);
    }
    expect(SENT.leftOut).toContain('**/node_modules');
    expect(SENT.kept.filter((path) => !existsSync(inRepository(path)))).toEqual([]);
  });
});
