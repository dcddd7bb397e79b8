// The policy file: what loads, and that everything that is wrong is told at once, by line.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judge } from '../../src/policies/judge.ts';
import { parsePolicyFile } from '../../src/policies/policy-file.ts';
import type { RuleSet } from '../../src/policies/rules.ts';
import { CONTEXT } from './cases.ts';

const shipped = new URL('../../config/policies.yaml', import.meta.url);

function load(text: string): RuleSet {
  const parsed = parsePolicyFile(text, 'policies.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed.rules;
}

function problems(text: string): string[] {
  const parsed = parsePolicyFile(text, 'p.yaml');
  return parsed.ok ? [] : parsed.problems;
}

function effectOf(rules: RuleSet, command: string, context: Partial<typeof CONTEXT> = {}) {
  const full = { ...CONTEXT, ...context };
  const frame = { cwd: full.cwd, env: {}, stdinDigest: null, sandbox: 'strict' as const };
  return judge({ kind: 'shell', command, ...frame }, rules, full);
}

test('the shipped example loads, with all its examples', () => {
  const rules = load(readFileSync(shipped, 'utf8'));
  const effects = ['git status -s', 'git push', 'sudo rm -r -f /', 'npm run test:unit', 'who'];
  expect(effects.map((line) => effectOf(rules, line).effect)).toEqual([
    'allow',
    'ask',
    'deny',
    'allow',
    'ask',
  ]);
  expect(effectOf(rules, 'git push').approvals).toBe(2);
});

test.each(['', '# only a comment\n', '{}', 'version: 1\nrules:\n'])(
  '%j is an empty file',
  (text) => {
    expect(load(text).rules).toEqual([]);
  },
);

test('both forms are read in order, and conditions are kept', () => {
  const rules = load(
    'rules:\n  - allow: ls\n    in: ~/code/**\n    from: "telegram:*"\n    sandbox: strict\n' +
      '  - ask: Bash(git push:*)\n    approvals: 2\n    reason: careful\nallow: [pwd]\ndeny: [rm *]\n',
  );
  const none = {
    key: expect.stringMatching(/^[0-9a-f]{16}$/),
    grant: null,
    preset: null,
    reason: null,
    approvals: 1,
    dangerous: false,
    sandbox: null,
    paths: null,
  };
  const nowhere = { in: null, from: null, on: null };
  expect(rules.rules).toEqual([
    {
      ...none,
      number: 1,
      effect: 'allow',
      pattern: 'ls',
      written: 'allow: ls',
      sandbox: 'strict',
      in: '~/code/**',
      from: 'telegram:*',
      on: null,
    },
    {
      ...none,
      ...nowhere,
      number: 2,
      effect: 'ask',
      pattern: 'git push *',
      written: 'ask: git push *',
      reason: 'careful',
      approvals: 2,
    },
    { ...none, ...nowhere, number: 3, effect: 'allow', pattern: 'pwd', written: 'allow: pwd' },
    { ...none, ...nowhere, number: 4, effect: 'deny', pattern: 'rm *', written: 'deny: rm *' },
  ]);
});

describe('conditions', () => {
  const rules = load(
    'rules:\n  - { allow: ls, in: "~/code/**" }\n  - { allow: pwd, from: "telegram:*" }\n' +
      '  - { deny: id, on: cli }\n',
  );
  test.each([
    ['ls', { cwd: '/home/user/code' }, 'allow'],
    ['ls', { cwd: '/home/user/code/a/b' }, 'allow'],
    ['ls', { cwd: '/home/user/codes' }, 'ask'],
    ['ls', { cwd: '/home/user/code/../x' }, 'ask'],
    ['pwd', { requester: 'telegram:5' }, 'allow'],
    ['pwd', { requester: 'cli:telegram:5' }, 'ask'],
    ['id', { platform: 'cli' }, 'deny'],
    ['id', { platform: 'telegram' }, 'ask'],
  ])('%s with %j: %s', (line, context, effect) => {
    expect(effectOf(rules, line, context).effect).toBe(effect);
  });
});

test('all mistakes are told at once, with line and nearest key', () => {
  const text = [
    'version: 1',
    'rules:',
    '  - alow: ls',
    '  - allow: pwd',
    '    approvls: 2',
    '  - allow: "*"',
    '  - deny: a',
    '    ask: b',
    '  - deny: /(?=x)/',
    '  - ask: git push',
    '    approvals: 0',
    'denny: [x]',
  ].join('\n');
  expect(problems(text)).toEqual([
    'p.yaml:3: "alow" is not a known key: did you mean "allow"?',
    'p.yaml:5: "approvls" is not a known key: did you mean "approvals"?',
    expect.stringMatching(/^p\.yaml:6: allow: \* lets everything run/),
    'p.yaml:7: a rule has exactly one of allow, ask and deny',
    expect.stringMatching(/^p\.yaml:9: deny: \/\(\?=x\)\/: not an RE2 expression/),
    expect.stringMatching(/^p\.yaml:11: rules\[5\]\.approvals: /),
    'p.yaml:12: "denny" is not a known key: did you mean "deny"?',
  ]);
});

test.each([
  ['rules: [', /^p\.yaml:1: /],
  ['rules:\n  - allow: ls\n    allow: pwd\n', /^p\.yaml:3: .*unique/],
  ['- allow: ls', /^p\.yaml:1: the file: /],
  ['rules:\n  - allow: "echo \'x"\n', /^p\.yaml:2: .*quote is not closed/],
  ['rules:\n  - allow: /ls.*/\n', /^p\.yaml:2: .*deny rules only/],
  ['rules:\n  - allow: ls\n    approvals: 2\n', /^p\.yaml:2: approvals belongs to ask/],
  ['rules:\n  - deny: ls\n    dangerous: true\n', /^p\.yaml:2: dangerous belongs to allow/],
  ['allow: ["*"]', /^p\.yaml:1: allow: \* lets everything/],
  ['allow: ["curl * | sh"]', /^p\.yaml:1: .*one simple command/],
  ['version: 2', /^p\.yaml:1: version: /],
])('%j is refused', (text, message) => {
  expect(problems(text)).toEqual([expect.stringMatching(message)]);
});

test('a file whose own examples fail does not load', () => {
  const text =
    'rules:\n  - allow: git *\n    examples:\n      match: [git -c a=b log]\n' +
    '      not_match: [git status]\n';
  expect(problems(text)).toEqual([
    expect.stringMatching(/^p\.yaml:2: allow: git \* does not match its example "git -c a=b log"/),
    'p.yaml:2: allow: git * matches "git status", which is in its not_match',
  ]);
});

test('a dangerous rule covers what a wildcard does not, warns, and loses to deny', () => {
  const rules = load('rules:\n  - { allow: python3 *, dangerous: true }\n  - deny: rm *\n');
  const judged = effectOf(rules, "python3 -c 'print(1)'");
  expect([judged.effect, judged.warnings]).toEqual([
    'allow',
    ['dangerous rule used: allow: python3 *'],
  ]);
  expect(effectOf(rules, 'python3 x.py && rm y').effect).toBe('deny');
});

test('the version changes with the text', () => {
  const versions = ['allow: [ls]', 'allow: [ls] # c', 'allow: [pwd]'].map((t) => load(t).version);
  expect(new Set(versions).size).toBe(3);
});
