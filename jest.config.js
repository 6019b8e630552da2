import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';

// Two projects, so that a rule's test never waits for a broker: `rules` needs nothing but Node,
// `services` gets one real Kafka and one real Redis, started once for all its files.
const shared = {
  testEnvironment: '<rootDir>/test/support/environment.ts',
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  extensionsToTreatAsEsm: ['.ts'],
  // zod imports its messages in every language, of which each test file would load all.
  moduleNameMapper: { '^\\.\\./locales/index\\.js$': '<rootDir>/test/support/zod-locales.ts' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

export default {
  watchman: false,
  // A limit for what hangs, not a measure of speed: a busy machine may take a hundred times longer
  // than a quiet one. No test has a shorter one.
  testTimeout: 300_000,
  // A worker that is told to end has nothing left to do; what the system takes to free its memory
  // is longer than jest's half second on a busy machine. One that something keeps alive is reported.
  workerGracefulExitTimeout: 60_000,
  reporters: ['default', '<rootDir>/test/support/progress-reporter.ts'],
  testSequencer: '<rootDir>/test/support/sequencer.ts',
  // Tests of services wait for servers most of their time: four times as many workers as cores keep
  // those busy.
  maxWorkers: availableParallelism() * 4,
  projects: [
    {
      ...shared,
      displayName: 'rules',
      roots: ['<rootDir>/test'],
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: [
        '/test/integration/',
        '/test/crash/',
        '/test/helm/rendered/',
        '/test/compose/rendered/',
        '/test/image/assembled/',
        // Of systemd's own tool, which only Linux has.
        ...(existsSync('/usr/bin/systemd-analyze') ? [] : ['/test/systemd/analyzed/']),
      ],
    },
    {
      ...shared,
      displayName: 'services',
      roots: ['<rootDir>/test/integration', '<rootDir>/test/crash'],
      testMatch: ['**/*.test.ts'],
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    },
    // Needs root and minutes: `make test-image`.
    ...(process.env.TEST_IMAGE === undefined
      ? []
      : [
          {
            ...shared,
            displayName: 'image',
            roots: ['<rootDir>/test/image/assembled'],
            testMatch: ['**/*.test.ts'],
          },
        ]),
    // Needs root and Docker's Compose, which `make test-compose` builds and names.
    ...(process.env.TEST_COMPOSE === undefined
      ? []
      : [
          {
            ...shared,
            displayName: 'compose',
            roots: ['<rootDir>/test/compose/rendered'],
            testMatch: ['**/*.test.ts'],
          },
        ]),
    // Needs helm and the schemas of Kubernetes, which `make test-helm` fetches and names.
    ...(process.env.TEST_HELM === undefined
      ? []
      : [
          {
            ...shared,
            displayName: 'helm',
            roots: ['<rootDir>/test/helm/rendered'],
            testMatch: ['**/*.test.ts'],
          },
        ]),
  ],
};
