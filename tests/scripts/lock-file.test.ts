// The lock files serve every platform: a registry that serves only some packages makes npm leave
// the others out, and `npm ci` then fails for everybody.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { completeLock, placesOf } from '../../scripts/complete-lock.mjs';

const ROOT = join(import.meta.dirname, '..', '..');

interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly optional?: boolean;
  readonly integrity?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

test.each(['package-lock.json', 'tests/peers/package-lock.json'])('%s is complete', (path) => {
  const lock = JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const packages = Object.entries(lock.packages);
  const missing = packages.flatMap(([parent, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !placesOf(parent, name).some((place) => place in lock.packages))
      .map((name) => `${name}, which ${parent} wants, has no entry`),
  );
  const unchecked = packages
    .filter(([place, { integrity, optional }]) => place !== '' && !integrity && optional !== true)
    .map(([place]) => `${place} has no integrity`);
  const tied = packages
    .filter(([, { resolved }]) => resolved !== undefined)
    .map(([place]) => `${place} names a registry: npm install --omit-lockfile-registry-resolved`);
  expect([...missing, ...unchecked, ...tied]).toEqual([]);
});

test('what a registry left out is put back from the names', () => {
  const lock = {
    lockfileVersion: 3,
    packages: {
      '': { name: 'x' },
      'node_modules/tool': {
        version: '1.2.3',
        dev: true,
        optionalDependencies: { '@t/tool-linux-x64': '1.2.3', '@t/tool-linux-arm64-musl': '1.2.3' },
      },
      'node_modules/tool/node_modules/@t/tool-linux-x64': { version: '1.2.3', optional: true },
    },
  };
  expect(completeLock(lock)).toEqual({
    ...lock,
    packages: {
      ...lock.packages,
      'node_modules/@t/tool-linux-arm64-musl': {
        version: '1.2.3',
        cpu: ['arm64'],
        dev: true,
        libc: ['musl'],
        optional: true,
        os: ['linux'],
      },
    },
  });
});
