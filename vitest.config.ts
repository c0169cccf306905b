import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

/** They change nothing of their process, and share it: a process for each file costs more than its tests do. */
const pure = ['test/{doctor,plan,swarm}/**/*.test.ts', 'test/bootstrap/distros/**/*.test.ts'];

/** Of the projects `unit*`: a third worker uses the cores while two wait for processes, sockets and periods. */
const unit = { testTimeout: 20_000, maxWorkers: 3, globalSetup: ['test/support/memory-folder.ts'] };

export default defineConfig({
  test: {
    disableConsoleIntercept: true,
    sequence: { sequencer: LongestFirst },
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html', 'json-summary'] },
    projects: [
      { test: { ...unit, name: 'unit-pure', include: pure, isolate: false } },
      {
        test: {
          ...unit,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/bench/**', ...pure],
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          // Each file has a store and a network of its own, and hosts mostly wait.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 600_000,
          globalSetup: ['test/e2e/global-setup.ts'],
        },
      },
    ],
  },
});
