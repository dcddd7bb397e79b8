// The rules of the house, applied to files that were read. Every violation is one line that says
// where, what, and what to do.

import { isBuiltin } from 'node:module';
import { basename, dirname, join } from 'node:path/posix';
import type { Import, SourceFile } from './sources.ts';
import {
  BANNED_NAMES,
  FILES,
  FOLDER_TYPES,
  FOLDERS,
  LONGEST,
  PACKAGE_TYPES,
  PACKAGES,
  WIDEST,
  WORLD,
} from './table.ts';

/** Everything that these files do against the rules. */
export function violations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => [
    ...badName(file),
    ...badShape(file),
    ...(file.path.startsWith('src/') ? [...badImports(file), ...badWorldUses(file)] : []),
  ]);
}

/** Contract suites that a platform's or a backend's tests do not run. */
export function missingContracts(
  files: readonly SourceFile[],
  required: readonly { readonly suite: string; readonly folder: string; readonly name: string }[],
): string[] {
  return required
    .filter(({ suite, folder, name }) => {
      const tests = files.filter(
        ({ path }) => path.startsWith(`${folder}/${name}`) && path.endsWith('.test.ts'),
      );
      return !tests.some(
        (test) =>
          test.imports.some(({ specifier }) => specifier?.endsWith(`/${suite}`) === true) &&
          suiteNames(files, suite).some((call) => test.calls.has(call)),
      );
    })
    .map(({ suite, folder, name }) => `${folder}/${name}*.test.ts must run tests/${suite}`);
}

/** The functions that a contract suite exports: calling one is running it. */
function suiteNames(files: readonly SourceFile[], suite: string): string[] {
  const text = files.find(({ path }) => path === `tests/${suite}`)?.text ?? '';
  return [...text.matchAll(/^export (?:async )?function (\w+)/gm)].flatMap(
    ([, name]) => name ?? [],
  );
}

function badName({ path }: SourceFile): string[] {
  const parts = path.split('/').map((part) => part.replace(/(?:\.test)?\.ts$/, ''));
  return parts.some((part) => BANNED_NAMES.test(part))
    ? [`${path}: this name says nothing: name it after what is inside`]
    : [];
}

function badShape({ path, text }: SourceFile): string[] {
  const lines = text.replace(/\n$/, '').split('\n');
  const [, longest = 0] = LONGEST.find(([prefix]) => path.startsWith(prefix)) ?? [];
  const problems: string[] = [];
  const first = lines[0]?.startsWith('#!') ? lines[1] : lines[0];
  if (!/^(?:\/\/|\/\*)/.test(first ?? '')) {
    problems.push(`${path}:1: begin with a comment: what this is for and what it must not do`);
  }
  if (lines.length > longest) {
    problems.push(`${path}: ${lines.length} lines, ${longest} at most: it is two things`);
  }
  for (const [index, line] of lines.entries()) {
    // The formatter breaks what can be broken; comments it leaves as they are.
    const comment = /^\s*(?:\/\/|\*|\/\*)/.test(line) && !/https?:\/\/|biome-ignore/.test(line);
    if (comment && line.length > WIDEST) {
      problems.push(`${path}:${index + 1}: ${line.length} columns, ${WIDEST} at most`);
    }
  }
  return problems;
}

function badWorldUses({ path, worldUses }: SourceFile): string[] {
  if (WORLD.some((allowed) => path.startsWith(allowed))) return [];
  return worldUses.map(
    ({ what, line }) => `${path}:${line}: ${what}: take it as a parameter (I12)`,
  );
}

function badImports(file: SourceFile): string[] {
  const from = placeOf(file.path);
  const allowed = FOLDERS[from];
  if (allowed === undefined && file.path.split('/').length > 2) {
    return [`${file.path}: the folder ${from} has no row in tests/architecture/table.ts`];
  }
  return file.imports.flatMap((found) => {
    const why = whyNot(file.path, found);
    return why === null ? [] : [`${file.path}:${found.line}: ${why}`];
  });
}

function whyNot(path: string, { specifier, typeOnly }: Import): string | null {
  if (specifier === null) return 'imports a computed name: nobody can tell what it is';
  if (!specifier.startsWith('.')) return whyNotPackage(path, specifier, typeOnly);
  const target = join(dirname(path), specifier);
  if (!target.startsWith('src/')) return `imports ${target}: src imports nothing outside of src`;
  const [from, to] = [placeOf(path), placeOf(target)];
  const isTop = path.split('/').length === 2;
  if (from === to || isTop) return null;
  const guests = typeOnly ? (FOLDER_TYPES[from] ?? []) : [];
  if ([...(FOLDERS[from] ?? []), ...(FILES[path] ?? []), ...guests].includes(to)) return null;
  return `${from} must not import ${to}`;
}

function whyNotPackage(path: string, specifier: string, typeOnly: boolean): string | null {
  const named = specifier.startsWith('@')
    ? specifier.split('/').slice(0, 2).join('/')
    : (specifier.split('/')[0] ?? specifier);
  const full = isBuiltin(specifier) ? `node:${specifier.replace(/^node:/, '')}` : specifier;
  const row = Object.keys(PACKAGES)
    .filter((name) => full === name || full.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (row === undefined) {
    return isBuiltin(specifier)
      ? null
      : `imports ${named}, which has no row in tests/architecture/table.ts`;
  }
  const owners = PACKAGES[row] ?? [];
  const guests = typeOnly ? (PACKAGE_TYPES[row] ?? []) : [];
  if ([...owners, ...guests].some((place) => path.startsWith(place))) return null;
  return `imports ${row}, which belongs to ${owners.join(', ')}`;
}

/** `bus` of src/bus/bus.ts, and `app.ts` of src/app.ts. */
function placeOf(path: string): string {
  return path.split('/')[1] ?? basename(path);
}
