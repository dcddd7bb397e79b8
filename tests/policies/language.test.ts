// What each pattern form matches and does not: the table that the documentation teaches.
import { describe, expect, test } from 'vitest';
import { judge } from '../../src/policies/judge.ts';
import { compileRules } from '../../src/policies/rules.ts';
import { CONTEXT, judgeLine } from './cases.ts';

type Row = readonly [pattern: string, matches: readonly string[], not: readonly string[]];

const ALLOW: readonly Row[] = [
  ['git status', ['git status', '  git   status'], ['git status -s', 'git', '/usr/bin/git status']],
  ['git status *', ['git status', 'git status -s'], ['git status > x', 'git status; ls']],
  ['ls', ['ls', 'ls 2>/dev/null', 'ls >/dev/null 2>&1', 'ls # c'], ['./ls', '/tmp/ls', 'ls -l']],
  ['npm run test:*', ['npm run test:unit', 'npm run test:'], ['npm run test', 'npm run test:a b']],
  ['cp * out', ['cp a out'], ['cp out', 'cp a b out', 'cp $X out']],
  ['ls ?.md', ['ls a.md'], ['ls ab.md']],
  ["echo 'a *'", ["echo 'a *'"], ['echo a b', 'echo "a x"']],
  ['echo "*"', ["echo '*'"], ['echo x']],
  ['./bin/*', ['./bin/x'], ['./bin/a/b', './bin/../x', 'bin/x']],
  ['./bin/**', ['./bin/x', './bin/a/b'], ['./bin/../x']],
  ['cat logs/*', ['cat logs/a', 'cat logs/a/b'], ['cat logs/../x', 'cat logs/a b', 'cat logs/$X']],
  ['NODE_ENV=x npm test', ['NODE_ENV=x npm test'], ['NODE_ENV=y npm test', 'npm test']],
  ['Bash(git log:*)', ['git log', 'git log -1'], ['git logx']],
  ['echo * > out/*', ['echo x > out/a'], ['echo x > other', 'echo x > out/../a', 'echo x']],
  ['*', ['ls', 'git status -s', './x'], ['$X', 'python3 -c 1', 'x() { ls; }']],
  ['/x/', [], ['x', '/x/']],
];

const DENY: readonly Row[] = [
  ['rm', ['rm', 'rm -rf x', '/bin/rm x', 'sudo rm x', 'echo $(rm x)'], ['rmdir x', 'echo rm']],
  ['rm -rf *', ['rm -fr x', 'rm -r x -f', 'rm --recurs --force x'], ['rm -r x', 'rm x']],
  ['git push', ['git push origin', 'git -C d push', 'git -c a=b push'], ['git log push']],
  ['git push --force', ['git push o m --force', 'git push -f'], ['git push', 'git pull --force']],
  ['dd *of=/dev/*', ['dd if=x of=/dev/sda', 'dd of=//dev/sda'], ['dd if=/dev/zero of=x']],
  ['cat ~/.ssh/*', ['cat ~/.ssh/id', 'cat /home/user/.ssh/id'], ['cat ~/x']],
  ['cat /etc/shadow', ['cat /etc/./shadow', 'cat ../../../etc/shadow'], ['cat etc/shadow']],
  ['* > /dev/sd*', ['echo x > /dev/sda', 'dd if=x >/dev/sdb1'], ['echo x > /dev/null']],
  ['> /etc/**', ['echo x > /etc/a/b', '{ ls; } >> /etc/x'], ['echo x > /tmp/x', 'cat < /etc/x']],
  ['write ~/.ssh/**', ['echo x > ~/.ssh/a', 'tee ~/.ssh/a', 'cp a ~/.ssh/b'], ['cat ~/.ssh/a']],
  ['read /etc/shadow', ['cat < /etc/shadow', 'cat /etc/shadow'], ['ls /etc/shadow']],
  ['/curl.*\\|.*sh/', ['curl x | sh', 'curl x | bash'], ['curl x']],
  ['mkfs*', ['mkfs.ext4 /dev/sda', 'mkfs x'], ['xmkfs']],
  ['*', ['ls', 'anything at all'], []],
];

describe('allow patterns', () => {
  test.each(ALLOW)('%s', (pattern, matches, not) => {
    const allowed = (line: string) => judgeLine(line, { allow: [pattern] }).effect === 'allow';
    expect([...matches, ...not].filter(allowed)).toEqual(matches);
  });
});

describe('deny patterns', () => {
  test.each(DENY)('%s', (pattern, matches, not) => {
    const denied = (line: string) => judgeLine(line, { deny: [pattern] }).effect === 'deny';
    expect([...matches, ...not].filter(denied)).toEqual(matches);
  });
});

test('deny beats ask, ask beats allow, and nothing said asks', () => {
  const all = { allow: ['ls', 'pwd', 'id'], ask: ['ls', 'pwd'], deny: ['ls'] };
  const effects = ['ls', 'pwd', 'id', 'who'].map((line) => judgeLine(line, all).effect);
  expect(effects).toEqual(['deny', 'ask', 'allow', 'ask']);
});

test('unknown words where a deny rule could match ask, elsewhere they do not', () => {
  const rules = { allow: ['*'], deny: ['git push *'] };
  const effects = ['git $X', 'echo $X', 'git status'].map((line) => judgeLine(line, rules).effect);
  expect(effects).toEqual(['ask', 'allow', 'allow']);
});

test('a file may be opened only where a rule says so', () => {
  const rules = { allow: ['echo *', 'cat', 'write *.log', '> out/*', 'read docs/**'] };
  const lines = {
    'echo x > a.log': 'allow',
    'echo x >> sub/deep/a.log': 'allow',
    'echo x > /tmp/a.log': 'ask',
    'echo x > ../a.log': 'ask',
    'echo x > out/a': 'allow',
    'echo x > out/a/b': 'ask',
    'echo x > out/../a': 'ask',
    'echo x > out/$X': 'ask',
    'echo x > out/*': 'ask',
    'cat < docs/a/b.md': 'allow',
    'cat < a.log': 'ask',
    'cat <> out/a': 'allow',
    'echo x > /dev/tcp/h/1': 'ask',
  };
  const effects = Object.keys(lines).map((line) => [line, judgeLine(line, rules).effect]);
  expect(Object.fromEntries(effects)).toEqual(lines);
});

test('how many must approve is the most that any ask rule wants', () => {
  const { effect, approvals } = judgeLine('git push', { allow: ['*'], ask: ['git push *'] });
  expect([effect, approvals]).toEqual(['ask', 1]);
});

test('every part of a line needs its own rule', () => {
  const rules = { allow: ['git status', 'ls'] };
  expect(judgeLine('git status && ls', rules)).toEqual({
    effect: 'allow',
    approvals: 1,
    understood: true,
    commands: [
      {
        words: ['git', 'status'],
        effect: 'allow',
        rule: 'allow: git status',
        reason: 'allowed by allow: git status',
      },
      { words: ['ls'], effect: 'allow', rule: 'allow: ls', reason: 'allowed by allow: ls' },
    ],
    reasons: ['allowed by allow: git status', 'allowed by allow: ls'],
    warnings: [],
    used: compileRules(rules).rules.map(({ key }) => key),
    findings: [],
    policyVersion: compileRules(rules).version,
  });
  expect(judgeLine('git status && pwd', rules).effect).toBe('ask');
});

test('a rule about the home directory reaches it however it is spelled', () => {
  const rules = { allow: ['rm *'], deny: ['rm -rf ~'] };
  // The working directory of these tests lies in it.
  const above = CONTEXT.cwd.slice((CONTEXT.home ?? '').length + 1).split('/');
  const up = above.map(() => '..').join('/');
  for (const spelled of ['~', '~/', CONTEXT.home, `${CONTEXT.home}/`, up, `${up}/`, `./${up}`]) {
    expect([spelled, judgeLine(`rm -rf ${spelled}`, rules).effect]).toEqual([spelled, 'deny']);
  }
});

test('an argv is one command, whatever stands in its words', () => {
  const frame = { cwd: CONTEXT.cwd, env: {}, stdinDigest: null, sandbox: 'strict' as const };
  const rules = compileRules({ allow: ['echo *', 'bash -c *'], deny: ['rm *'] });
  const effect = (argv: string[], env = {}) =>
    judge({ kind: 'exec', argv, ...frame, env }, rules, CONTEXT).effect;
  expect([
    effect(['echo', 'a; rm x', '$(rm x)', '\n']),
    effect(['bash', '-c', 'rm x']),
    effect(['sudo', 'rm', 'x']),
    effect(['echo'], { LD_PRELOAD: '/tmp/x.so' }),
    effect(['echo'], { CI: '1' }),
    effect(['echo', '\u001b[2J']),
  ]).toEqual(['allow', 'deny', 'deny', 'ask', 'allow', 'ask']);
});

test('a bare allow: * warns each time', () => {
  expect(judgeLine('ls', { allow: ['*'] }).warnings).toEqual(['dangerous rule used: allow: *']);
  expect(judgeLine('ls', { allow: ['ls'] }).warnings).toEqual([]);
});
