import { defineConfig } from 'vitest/config';

/** For `npm run mutation`: the tests of the pure folders, in threads; those that read a hundred thousand inputs would never end. */
export default defineConfig({
  test: {
    include: ['test/{agent,doctor,lab,lib,plan,swarm}/**/*.test.ts'],
    exclude: ['test/lab/manifest-fuzz.test.ts'],
    testTimeout: 20_000,
  },
});
