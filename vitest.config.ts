import { defineConfig } from 'vitest/config';

/** What measures, or loads all cores by itself: nothing else runs beside it. */
const alone = ['test/{bench,chaos,soak}/*.test.ts', 'test/e2e/rolling-restart.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A machine that is busy takes its time: what never comes is noticed all the same.
    expect: { poll: { timeout: 10_000, interval: 20 } },
    pool: 'forks',
    coverage: { provider: 'v8', include: ['src/**'], exclude: ['src/main.ts'] },
    projects: [
      {
        extends: true,
        // Most of a test's time is waiting.
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: alone,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'alone', include: alone, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
