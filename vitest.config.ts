import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

/** They change what a process is: all others share theirs, as a process for each file costs more than its tests do. */
const alone = ['test/lib/errors.test.ts', 'test/ssh/ssh-runner.pure-js.test.ts'];

const globalSetup = ['test/support/memory-folder.ts'];

export default defineConfig({
  test: {
    disableConsoleIntercept: true,
    // What was made of the sources is kept from run to run.
    experimental: { fsModuleCache: true },
    // Tests mostly wait for processes and sockets; vitest's default leaves one of two cores idle.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html', 'json-summary'] },
    projects: [
      { test: { name: 'unit-alone', include: alone, testTimeout: 20_000, globalSetup } },
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/bench/**', ...alone],
          isolate: false,
          testTimeout: 20_000,
          globalSetup,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // Two files at once: each has a store and a network of its own, and hosts mostly wait.
          testTimeout: 180_000,
          hookTimeout: 600_000,
          globalSetup: ['test/e2e/global-setup.ts'],
        },
      },
    ],
  },
});
