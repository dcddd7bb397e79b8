// How tests run: each file in a process of its own, real services on random ports, and nothing left
// running at the end. `offline` (npm run check) is the part that needs no service.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests that start Redis, PostgreSQL, bubblewrap or a chat server, by what they import. */
const withServices = readdirSync(join(import.meta.dirname, 'tests'), { recursive: true })
  .map((name) => join('tests', String(name)))
  .filter((path) => path.endsWith('.test.ts') && !path.startsWith(join('tests', 'peers')))
  .filter((path) => {
    const source = readFileSync(join(import.meta.dirname, path), 'utf8');
    return /from '[^']*(?:services|peer|contract\/sandbox)\.ts'/.test(source);
  });

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
          exclude: ['tests/peers/**', ...withServices],
        },
      },
      {
        test: {
          ...shared,
          name: 'services',
          include: withServices,
        },
      },
    ],
  },
});
