// How tests run: each file in a process of its own, real services on random ports, and nothing left
// running at the end. `offline` (npm run check) is the part that needs no service.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { defineConfig } from 'vitest/config';

const ROOT = import.meta.dirname;

/** Files that start Redis, PostgreSQL, bubblewrap or a chat server. */
const STARTS_SERVICES = /(?:services|-peer|contract\/sandbox)\.ts$/;

/** Whether a test file starts services, itself or through the test files that it imports. */
function startsServices(path: string, seen = new Set<string>()): boolean {
  if (seen.has(path) || !existsSync(join(ROOT, path))) return false;
  seen.add(path);
  const source = readFileSync(join(ROOT, path), 'utf8');
  return [...source.matchAll(/(?:from|import) '(\.[^']+)'/g)]
    .map(([, specifier]) => join(dirname(path), specifier ?? ''))
    .some((target) => STARTS_SERVICES.test(target) || inTests(target, seen));
}

function inTests(path: string, seen: Set<string>): boolean {
  return path.startsWith('tests/') && startsServices(path, seen);
}

const withServices = readdirSync(join(ROOT, 'tests'), { recursive: true })
  .map((name) => join('tests', String(name)))
  .filter((path) => path.endsWith('.test.ts') && !path.startsWith('tests/peers/'))
  .filter((path) => startsServices(path));

const shared = {
  pool: 'forks',
  isolate: true,
  // The default leaves one core idle; much of the time here is waiting for services.
  maxWorkers: availableParallelism(),
  testTimeout: 30_000,
  hookTimeout: 60_000,
  teardownTimeout: 10_000,
  setupFiles: 'tests/seed.ts',
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
      { test: { ...shared, name: 'services', include: withServices } },
    ],
  },
});
