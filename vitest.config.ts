// How tests run: each file in a process of its own, real services on random ports, and nothing left
// running at the end. `offline` (npm run check) is the part that needs no service.
import { defineConfig } from 'vitest/config';

/** Tests that start services or sandboxes: Redis, PostgreSQL, bubblewrap, chat servers. */
const WITH_SERVICES = [
  'tests/adapters/**',
  'tests/integration/**',
  'tests/queue/**',
  'tests/store/**',
  'tests/workers/**',
];
const shared = {
  pool: 'forks',
  isolate: true,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  teardownTimeout: 10_000,
  restoreMocks: true,
} as const;

export default defineConfig({
  test: {
    ...shared,
    globalSetup: ['tests/leftovers.ts'],
    passWithNoTests: false,
    coverage: { provider: 'v8', include: ['src/**'] },
    projects: [
      {
        test: {
          ...shared,
          name: 'offline',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/peers/**', ...WITH_SERVICES],
        },
      },
      {
        test: {
          ...shared,
          name: 'services',
          include: WITH_SERVICES.map((folder) => folder.replace('/**', '/**/*.test.ts')),
        },
      },
    ],
  },
});
