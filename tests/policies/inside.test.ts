// `paths: inside`: what a wildcard covers names nothing outside of the working directory.
import { expect, test } from 'vitest';
import { judge } from '../../src/policies/judge.ts';
import { parsePolicyFile } from '../../src/policies/policy-file.ts';
import { CONTEXT } from './cases.ts';

const PROGRAMS = ['cat', 'grep', 'rg', 'sed -n', 'awk', 'diff', 'cut', 'ls', 'timeout 9 cat'];

function effect(command: string, cwd = CONTEXT.cwd, more = ''): string {
  const rules = PROGRAMS.map((one) => `  - allow: ${one} *\n    paths: inside\n${more}`).join('');
  const parsed = parsePolicyFile(`rules:\n${rules}  - allow: sort *\n`, 'p.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  const action = { kind: 'shell' as const, command, cwd, env: {}, stdinDigest: null };
  return judge({ ...action, sandbox: 'strict' }, parsed.rules, { ...CONTEXT, cwd }).effect;
}

test.each([
  'cat a',
  'cat ./a src/b',
  'cat /home/user/code/a',
  'cat ~/code/a',
  'cat *.md src/*/x.ts',
  'cat src/{a,b}.ts',
  'cat a..b ...',
  'grep -n /api src',
  'grep -rn "a" . --include=*.ts',
  'grep -A 3 /api src',
  'rg -t ts /api',
  "sed -n '/a/,/b/p' f",
  "sed -n -e '/a/p' f",
  "awk -F/ '/x/ {print $1}' f",
  "awk -F : '/x/' f",
  'cut -d/ -f2 f',
  'diff <(sort a) <(sort b)',
  'diff HEAD~1 a^',
])('covers %s', (line) => {
  expect(effect(line)).toBe('allow');
});

test.each([
  'cat /x',
  'cat ../x',
  'cat a/../../x',
  'cat link/../x',
  'cat ~/x',
  'cat ~root/x',
  "cat '~/x'",
  'cat /home/user/code/../x',
  'cat /home/user/code2/x',
  'cat "$X"',
  'cat src/$X',
  'cat $(echo a)',
  'cat {,/}x',
  'cat {/x,a}',
  'cat {.,}./x',
  'cat .{.,a}/x',
  'cat .?/x',
  'cat .*/x',
  'cat a:/x',
  'cat a=../x',
  'cat @/x',
  'cat -n/x',
  'cat -n../x',
  'grep a /x',
  'grep -e a /x',
  'grep /x -e a',
  'grep -T a /x',
  'grep -- -a /x',
  'grep /a /x',
  'rg --files /x',
  'rg -r a b /x',
  'rg - /x',
  "sed -n -e p '/x'",
  'sed -n p /x',
  "sed -n -s '/x/p' /x",
  "awk '/x/' /x",
  'awk -v a=/x 1',
  'cut -d/ -f2 /x',
  'diff a -/x',
  'ls /home',
  'timeout 9 cat /x',
])('does not cover %s', (line) => {
  expect(effect(line)).toBe('ask');
});

test.each(['/', '/etc', '/etc/ssl', '/proc/self', '/root', '/home', '/home/user', '/usr/lib/x'])(
  'covers nothing in %s, which is no workspace',
  (cwd) => {
    expect(effect('cat a', cwd)).toBe('ask');
  },
);

test.each(['/workspace', '/srv/app', '/var/lib/agent/workspace', '/tmp/x', '/root/code', '/app'])(
  'covers what is below %s',
  (cwd) => {
    expect(effect('cat a', cwd)).toBe('allow');
  },
);

test('what the rule spells out is covered wherever it is', () => {
  const text = 'rules:\n  - allow: cat /var/log/app.log *\n    paths: inside\n';
  const parsed = parsePolicyFile(text, 'p.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  const effects = ['cat /var/log/app.log', 'cat /var/log/app.log a', 'cat /var/log/app.log /x'].map(
    (command) => {
      const frame = { cwd: CONTEXT.cwd, env: {}, stdinDigest: null, sandbox: 'strict' as const };
      return judge({ kind: 'shell', command, ...frame }, parsed.rules, CONTEXT).effect;
    },
  );
  expect(effects).toEqual(['allow', 'allow', 'ask']);
});

test('a dangerous rule stays inside, too', () => {
  expect(effect('cat /x', CONTEXT.cwd, '    dangerous: true\n')).toBe('ask');
});

test.each([
  'allow: cat *\n    paths: outside',
  'deny: cat *\n    paths: inside',
  'allow: read *.md\n    paths: inside',
])('a file with %j does not load', (rule) => {
  expect(parsePolicyFile(`rules:\n  - ${rule}\n`, 'p.yaml').ok).toBe(false);
});
