/**
 * One transform for all: swc, as in the build. Native ES modules, so tests run what production runs.
 * @type {import('jest').Config}
 */
const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        // The build leaves the specs out; these options stand alone.
        swcrc: false,
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        // The global setup is loaded as CommonJS; what it imports when needed has no entry for that.
        module: { type: 'es6', ignoreDynamic: true },
        sourceMaps: 'inline',
      },
    ],
  },
};

export default {
  // One more than the cores of a small machine: suites that wait for timeouts leave theirs to others.
  maxWorkers: 3,
  // A machine that is busy is no fault of ours.
  testTimeout: 60_000,
  projects: [
    { ...base, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.spec.ts'] },
    {
      ...base,
      displayName: 'local-supabase',
      testEnvironment: '<rootDir>/packages/local-supabase/test/harness/worker.environment.js',
      testMatch: ['<rootDir>/packages/local-supabase/test/**/*.spec.ts'],
    },
    {
      ...base,
      displayName: 'client',
      testMatch: ['<rootDir>/packages/client/test/**/*.spec.ts'],
    },
    {
      ...base,
      displayName: 'end-to-end',
      testEnvironment: '<rootDir>/test/harness/worker.environment.js',
      setupFiles: ['<rootDir>/test/harness/load-nest.ts'],
      globalSetup: '<rootDir>/test/harness/global-setup.ts',
      globalTeardown: '<rootDir>/test/harness/global-teardown.ts',
      testMatch: ['<rootDir>/test/**/*.spec.ts'],
    },
  ],
};
