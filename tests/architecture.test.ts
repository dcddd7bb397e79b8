// Holds the source to the plan of the house (tests/architecture/table.ts), and shows on planted
// violations that it would notice each of them.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { registry } from '../src/adapters/registry.ts';
import { schemaAt } from '../src/config/keys.ts';
import { configSchema } from '../src/config/schema.ts';
import { missingContracts, violations } from './architecture/rules.ts';
import { readSources, type SourceFile } from './architecture/sources.ts';

const ROOT = join(import.meta.dirname, '..');

/** Every platform of the registry, the terminal, and every sandbox that can be configured. */
function required() {
  const schema = configSchema({ env: {}, home: '/', cwd: '/', folder: '/' });
  const backend = schemaAt(schema, ['sandbox', 'backend']) as z.ZodDefault<z.ZodEnum>;
  const adapters = [...Object.keys(registry), 'console'];
  const sandboxes = Object.values(backend.unwrap().enum).map(String);
  return [
    ...adapters.map((name) => ({ suite: 'contract/adapter.ts', folder: 'tests/adapters', name })),
    ...sandboxes.map((name) => ({ suite: 'contract/sandbox.ts', folder: 'tests/workers', name })),
  ];
}

describe('the source', () => {
  let sources: SourceFile[];
  beforeAll(() => {
    sources = readSources(ROOT);
  });

  test('is all there', () => {
    const paths = sources.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['src/main.ts', 'src/bus/bus.ts']));
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(paths.length);
  });

  test('keeps to the rules of the house', () => {
    expect(violations(sources)).toEqual([]);
  });

  test('has every adapter and every sandbox held to its contract', () => {
    expect(required().map(({ name }) => name)).toEqual(['telegram', 'console', 'bubblewrap']);
    expect(missingContracts(sources, required())).toEqual([]);
  });
});

describe('a planted violation is noticed:', () => {
  const head = '// What it is for.\n';
  let root: string;
  let found: string[];
  let sources: SourceFile[];

  const planted: Record<string, string> = {
    'src/bus/fine.ts': `${head}import { z } from 'zod';\nexport const x = z.string();\n`,
    'src/bus/climbs.ts': `${head}import '../app.ts';\nexport * from '../store/db.ts';\n`,
    'src/bus/all-ways.ts': `${head}import type { A } from '../guard/a.ts';
export type { B } from '../guard/b.ts';
export type C = import('../guard/c.ts').C;
export const d = () => import('../guard/d.ts');
import e = require('../guard/e.ts');
export const f = require(\`../guard/f.ts\`);
export const g = (name: string) => import(name);
// import '../guard/comment.ts';
export const text = "import '../guard/text.ts'" + \`\${"import('../guard/template.ts')"}\`;
export type { A };
export { e };
`,
    'src/guard/packages.ts': `${head}import { Bot } from 'grammy';
import { spawn } from 'node:child_process';
import { exec } from 'child_process';
import { drizzle } from 'drizzle-orm/node-postgres';
import { sql } from 'drizzle-orm';
import left from 'left-pad';
import { readFileSync } from 'node:fs';
import '../../tests/x.ts';
`,
    'src/audit/rows.ts': `${head}import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { drizzle } from 'drizzle-orm/node-postgres';
import { type Pool } from 'pg';
`,
    'src/interlock/world.ts': `${head}import { env } from 'node:process';
export const a = process.env['HOME'];
export const b = globalThis.process.env;
export const c = Date.now() + Math.random() + new Date().getTime();
console.log(Date(), new Date(5), process['env'], Date['now']());
// Date.now() in a comment, and in text:
export const t = 'Date.now()';
`,
    'src/config/world.ts': `${head}export const a = process.env['HOME'];\n`,
    'src/unknown/a.ts': `${head}export const a = 1;\n`,
    'src/bus/utils.ts': `${head}export const a = 1;\n`,
    'src/helpers/a.ts': 'export const a = 1;\n',
    'src/bus/long.ts': `${head}${'export {};\n'.repeat(300)}`,
    'src/bus/wide.ts': `${head}// ${'w'.repeat(98)}\nexport const s = '${'w'.repeat(98)}';\n`,
    'src/cli/start.ts': `${head}import '../app.ts';\nimport '../interlock/world.ts';\n`,
    'src/gateway/audit.ts': `${head}import type { A } from '../audit/a.ts';\nimport { b } from '../audit/a.ts';\n`,
    'src/cli/other.ts': `${head}import '../app.ts';\n`,
    'src/app.ts': `${head}import './interlock/world.ts';\nexport const t = Date.now();\n`,
    'tests/contract/adapter.ts': `${head}export function adapterContract() {}\n`,
    'tests/adapters/held.test.ts': `${head}import { adapterContract } from '../contract/adapter.ts';\nadapterContract();\n`,
    'tests/adapters/imports.test.ts': `${head}import { adapterContract } from '../contract/adapter.ts';\nexport { adapterContract };\n`,
  };

  beforeAll(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-architecture-')));
    const config = { compilerOptions: { noLib: true, types: [] }, include: ['src', 'tests'] };
    const files = { ...planted, 'tsconfig.json': JSON.stringify(config) };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    sources = readSources(root);
    found = violations(sources);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const of = (path: string) => found.filter((line) => line.startsWith(path));

  test('none where there is none', () => {
    expect([...of('src/bus/fine.ts'), ...of('src/config/'), ...of('src/app.ts')]).toEqual([]);
  });

  test('an import against the table, in every way there is to import', () => {
    expect([...of('src/bus/climbs.ts'), ...of('src/bus/all-ways.ts'), ...of('src/cli/')]).toEqual([
      'src/bus/climbs.ts:2: bus must not import app.ts',
      'src/bus/climbs.ts:3: bus must not import store',
      'src/bus/all-ways.ts:2: bus must not import guard',
      'src/bus/all-ways.ts:3: bus must not import guard',
      'src/bus/all-ways.ts:4: bus must not import guard',
      'src/bus/all-ways.ts:5: bus must not import guard',
      'src/bus/all-ways.ts:6: bus must not import guard',
      'src/bus/all-ways.ts:7: bus must not import guard',
      'src/bus/all-ways.ts:8: imports a computed name: nobody can tell what it is',
      'src/cli/other.ts:2: cli must not import app.ts',
      'src/cli/start.ts:3: cli must not import interlock',
    ]);
  });

  test('a package outside of its owner, and one that nobody owns', () => {
    expect(of('src/guard/packages.ts')).toEqual([
      'src/guard/packages.ts:2: imports grammy, which belongs to src/adapters/telegram.ts',
      'src/guard/packages.ts:3: imports node:child_process, which belongs to src/workers/, src/store/',
      'src/guard/packages.ts:4: imports node:child_process, which belongs to src/workers/, src/store/',
      'src/guard/packages.ts:5: imports drizzle-orm/node-postgres, which belongs to src/store/',
      'src/guard/packages.ts:6: imports drizzle-orm, which belongs to src/store/, src/interlock/, src/audit/',
      'src/guard/packages.ts:7: imports left-pad, which has no row in tests/architecture/table.ts',
      'src/guard/packages.ts:9: imports tests/x.ts: src imports nothing outside of src',
    ]);
  });

  test('a folder or a package of which only the types may be used', () => {
    expect([...of('src/gateway/'), ...of('src/audit/rows.ts')]).toEqual([
      'src/gateway/audit.ts:3: gateway must not import audit',
      'src/audit/rows.ts:3: imports drizzle-orm/node-postgres, which belongs to src/store/',
      'src/audit/rows.ts:4: imports pg, which belongs to src/store/',
    ]);
  });

  test('time, chance, the environment and the terminal outside of their places', () => {
    expect(of('src/interlock/world.ts').map((line) => line.replace(': take it as', ' /'))).toEqual([
      'src/interlock/world.ts:2: env of node:process / a parameter (I12)',
      'src/interlock/world.ts:3: process.env / a parameter (I12)',
      'src/interlock/world.ts:4: process.env / a parameter (I12)',
      'src/interlock/world.ts:5: Date.now / a parameter (I12)',
      'src/interlock/world.ts:5: Math.random / a parameter (I12)',
      'src/interlock/world.ts:5: new Date() / a parameter (I12)',
      'src/interlock/world.ts:6: console.log / a parameter (I12)',
      'src/interlock/world.ts:6: Date() / a parameter (I12)',
      'src/interlock/world.ts:6: process[env] / a parameter (I12)',
      'src/interlock/world.ts:6: Date[now] / a parameter (I12)',
    ]);
  });

  test('a folder without a row, a name that says nothing, a file too long, wide or silent', () => {
    const paths = ['src/unknown/', 'src/bus/utils', 'src/helpers/', 'src/bus/long', 'src/bus/wide'];
    expect(paths.flatMap(of)).toEqual([
      'src/unknown/a.ts: the folder unknown has no row in tests/architecture/table.ts',
      'src/bus/utils.ts: this name says nothing: name it after what is inside',
      'src/helpers/a.ts: this name says nothing: name it after what is inside',
      'src/helpers/a.ts:1: begin with a comment: what this is for and what it must not do',
      'src/helpers/a.ts: the folder helpers has no row in tests/architecture/table.ts',
      'src/bus/long.ts: 301 lines, 300 at most: it is two things',
      'src/bus/wide.ts:2: 101 columns, 100 at most',
    ]);
  });

  test('an adapter without a test, and one whose test only imports the contract', () => {
    const suite = { suite: 'contract/adapter.ts', folder: 'tests/adapters' };
    const names = ['held', 'imports', 'none'].map((name) => ({ ...suite, name }));
    expect(missingContracts(sources, names)).toEqual([
      'tests/adapters/imports*.test.ts must run tests/contract/adapter.ts',
      'tests/adapters/none*.test.ts must run tests/contract/adapter.ts',
    ]);
  });
});
