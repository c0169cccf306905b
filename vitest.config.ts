import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

/** They change what a process is: all others share theirs, as a process for each file costs more than its tests do. */
const alone = ['test/lib/errors.test.ts', 'test/ssh/ssh-runner.pure-js.test.ts'];

/** Of the projects `unit*`: a third worker uses the cores while two wait for processes, sockets and periods. */
const unit = { testTimeout: 20_000, maxWorkers: 3, globalSetup: ['test/support/memory-folder.ts'] };

export default defineConfig({
  test: {
    disableConsoleIntercept: true,
    // What was made of the sources is kept from run to run.
    experimental: { fsModuleCache: true },
    sequence: { sequencer: LongestFirst },
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html', 'json-summary'] },
    projects: [
      { test: { ...unit, name: 'unit-alone', include: alone } },
      {
        test: {
          ...unit,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/bench/**', ...alone],
          isolate: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // Two files at once: each has a store and a network of its own, and hosts mostly wait.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 600_000,
          globalSetup: ['test/e2e/global-setup.ts'],
        },
      },
    ],
  },
});
