import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

/** They change nothing of their process, and share it: a process for each file costs more than its tests do. */
const pure = ['test/{doctor,plan,swarm}/**/*.test.ts', 'test/bootstrap/distros/**/*.test.ts'];

export default defineConfig({
  test: {
    disableConsoleIntercept: true,
    // Tests mostly wait for processes and sockets; vitest's default leaves one of two cores idle.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'html', 'json-summary'] },
    projects: [
      { test: { name: 'unit-pure', include: pure, isolate: false, testTimeout: 20_000 } },
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/bench/**', ...pure],
          testTimeout: 20_000,
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
