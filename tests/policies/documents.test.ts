// docs/policies.md says what is true: each line of its tables is judged by the rules beside it, its
// policy files load, and what it prints is what is printed.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Effect } from '../../src/bus/messages.ts';
import { admit } from '../../src/policies/admission.ts';
import { judgeTool } from '../../src/policies/judge-tool.ts';
import { parsePolicyFile } from '../../src/policies/policy-file.ts';
import { compileRules, type RuleSet } from '../../src/policies/rules.ts';
import { ran } from '../cli/recording-terminal.ts';
import { judgeLine } from './cases.ts';
import { blocksOf, codeIn, tablesOf } from './markdown-tables.ts';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const TEXT = read('docs/policies.md');
const TABLES = tablesOf(TEXT);
const WHERE = { cwd: '/home/ana/shop', home: '/home/ana' };

type Lists = Record<Effect, string[]>;

/** `deny: "> /etc/**"` */
function ruleOf(code: string): readonly [Effect, string] {
  const [, effect = '', pattern = ''] = /^(allow|ask|deny): (.+)$/s.exec(code) ?? [];
  if (pattern === '') throw new Error(`no rule: ${code}`);
  return [effect as Effect, pattern.replace(/^"(.*)"$/, '$1')];
}

function listsOf(cell: string): Lists {
  const lists: Lists = { allow: [], ask: [], deny: [] };
  for (const code of codeIn(cell)) {
    const [effect, pattern] = ruleOf(code);
    lists[effect].push(pattern);
  }
  return lists;
}

/** A line of shell, or `Read {"file_path":"a"}`. */
function effectOf(line: string, lists: Lists): Effect {
  const [, tool, given] = /^(\w+) (\{.*\})$/s.exec(line) ?? [];
  if (tool === undefined || given === undefined) return judgeLine(line, lists, WHERE).effect;
  const rules: RuleSet = compileRules(lists);
  const context = { requester: 'cli:test', platform: 'cli', ...WHERE };
  return judgeTool({ tool, arguments: JSON.parse(given) }, rules, context).effect;
}

/** Ask rules are judged as if they denied: by themselves everything is asked. */
function catches(cell: string): (line: string) => boolean {
  const { allow, ask, deny } = listsOf(cell);
  const restricts = [...ask, ...deny];
  const wanted: Effect = restricts.length > 0 ? 'deny' : 'allow';
  return (line) => effectOf(line, { allow, ask: [], deny: restricts }) === wanted;
}

const column = (heads: readonly string[], name: string) => heads.indexOf(name);
const withColumns = (...names: string[]) =>
  TABLES.filter(({ heads }) => names.every((name) => heads.includes(name)));

const matching = withColumns('rule', 'matches', 'does not match').flatMap(({ heads, rows }) =>
  rows.map((row) => {
    const cell = (name: string) => row[column(heads, name)] ?? '';
    return [cell('rule'), codeIn(cell('matches')), codeIn(cell('does not match'))] as const;
  }),
);

describe('what a rule matches', () => {
  test.each(matching)('%s', (rule, matches, not) => {
    expect(matches.length).toBeGreaterThan(0);
    expect([...matches, ...not].filter(catches(rule))).toEqual(matches);
  });
});

const judged = TABLES.filter(({ heads }) => heads.includes('line') && heads.includes('effect'));
const effects = judged.flatMap(({ heads, rows }) =>
  rows.map((row) => {
    const rules = row[heads.findIndex((head) => /rules$/.test(head))] ?? '';
    const [line = ''] = codeIn(row[column(heads, 'line')] ?? '');
    return [line, rules, row[column(heads, 'effect')] ?? ''] as const;
  }),
);

describe('what rules say of a line', () => {
  test.each(effects)('%s under %s: %s', (line, rules, effect) => {
    expect(effectOf(line, listsOf(rules))).toBe(effect);
  });
});

describe('what is refused', () => {
  const refused = withColumns('refused', 'instead').flatMap(({ rows }) => rows);
  test.each(refused.map(([bad = '', , good = '']) => [codeIn(bad)[0], codeIn(good)[0]]))(
    '%s, and %s instead',
    (bad = '', good = '') => {
      expect(admit(...ruleOf(bad), false).admitted).toBe(false);
      expect(admit(...ruleOf(good), false).admitted).toBe(true);
    },
  );
});

test('the document has all of its tables', () => {
  expect([matching.length, effects.length]).toEqual([74, 39]);
});

test.each(blocksOf(TEXT, 'yaml'))('the policy file %# loads', (text) => {
  expect(parsePolicyFile(text, 'docs')).toMatchObject({ ok: true });
});

describe('what it prints', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-docs-'));
    await writeFile(join(folder, 'policies.yaml'), blocksOf(TEXT, 'yaml')[0] ?? '');
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  test.each(blocksOf(TEXT, 'console'))('%#', async (block) => {
    const [command = '', ...lines] = block.split('\n');
    const [, line = ''] = /^\$ countersign policy check -- '(.*)'$/.exec(command) ?? [];
    const setting = { cwd: WHERE.cwd, home: WHERE.home, env: { COUNTERSIGN_DATA: folder } };
    expect((await ran(['policy', 'check', '--', line], setting)).out).toBe(lines.join('\n'));
  });
});

test('every link within the document leads somewhere', () => {
  const anchors = [...TEXT.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
  const links = [...TEXT.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
  expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
});
