// config/countersign.yaml is documentation that runs: it loads as it is, it loads with everything
// uncommented, and no key of the schema is missing in it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { allKeys } from '../../src/config/keys.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(ROOT, 'config', 'countersign.yaml'), 'utf8');
const schema = configSchema({ env: {}, home: '/', cwd: '/', folder: '/' });

/** Prose has one space behind its #; YAML that is switched off has none, or its indentation. */
function everythingSwitchedOn(): string {
  const lines = text.split('\n');
  const off = new Set(lines.flatMap((line) => /^#( *\w+:)/.exec(line)?.[1] ?? []));
  return lines
    .filter((line) => !(line.endsWith(': []') && off.has(line.replace(/ \[\]$/, ''))))
    .map((line) => line.replace(/^#(?=\S| {2,})/, ''))
    .join('\n');
}

function keysOf(value: unknown, prefix = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysOf(item, `${prefix}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return [path, ...keysOf(inner, path)];
  });
}

test('a fresh clone starts with it: defaults, the terminal as owner, no chat platform', () => {
  const used = loadConfig({ path: null, env: {}, cwd: ROOT, home: '/home/me' });
  const without = loadConfig({ path: null, env: {}, cwd: '/', home: '/home/me' });
  if (!used.ok || !without.ok) throw new Error(inspectProblems(used));
  expect(used.source).toBe(join(ROOT, 'config', 'countersign.yaml'));
  expect({ ...used.config, policies: null }).toEqual({
    ...without.config,
    approvers: [{ id: 'console:local', name: 'the terminal', roles: ['owner'] }],
  });
});

test('everything that is commented out in it is valid', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-example-'));
  try {
    const path = join(folder, 'countersign.yaml');
    writeFileSync(path, everythingSwitchedOn());
    const env = new Proxy<Record<string, string | undefined>>(
      {},
      {
        get: (_, name) => {
          if (String(name).endsWith('_FILE')) return undefined;
          return name === 'DATABASE_URL' ? 'postgres://u:p@h/d' : String(name).padEnd(40, 'x');
        },
      },
    );
    const loaded = loadConfig({ path, env, cwd: folder, home: '/home/me' });
    expect(loaded.ok ? [] : loaded.problems).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('every key of the schema is documented in it, and no other', () => {
  // What stands inside a reference to a secret is no key of the schema.
  const written = keysOf(parse(everythingSwitchedOn())).filter(
    (path) => !/\.(env|file)$/.test(path),
  );
  expect([...new Set(written)].sort()).toEqual(allKeys(schema).sort());
});

test('every section is explained in the comment above it', () => {
  const lines = text.split('\n');
  const bare = lines.filter((line, index) => {
    const section = /^#?([a-z]\w*):/.exec(line)?.[1];
    const before = lines[index - 1] ?? '';
    return section !== undefined && !/^# /.test(before) && !before.startsWith(`${section}:`);
  });
  expect(bare).toEqual([]);
});

function inspectProblems(answer: ReturnType<typeof loadConfig>): string {
  return answer.ok ? '' : answer.problems.join('\n');
}
