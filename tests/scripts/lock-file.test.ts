// The lock files serve every platform: a registry that serves only some packages makes npm leave
// the others out, and `npm ci` then fails for everybody.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

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

/** Where Node looks for a package from another one, nearest first. */
function placesOf(parent: string, name: string): string[] {
  const steps = parent.split('/node_modules/');
  const folders = steps.map((_, index) =>
    steps.slice(0, steps.length - index).join('/node_modules/'),
  );
  return [...folders.map((folder) => `${folder}/node_modules/${name}`), `node_modules/${name}`];
}
