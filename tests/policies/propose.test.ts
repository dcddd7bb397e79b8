// Which rule is proposed once people approved alike commands: the narrowest that covers them.
import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/bus/action.ts';
import type { PastRequest } from '../../src/policies/preview.ts';
import { findProposal, proposeRule } from '../../src/policies/propose.ts';
import { compileRules } from '../../src/policies/rules.ts';

const shell = (command: string, cwd = '/w'): Action => {
  return { kind: 'shell', command, cwd, env: {}, stdinDigest: null, sandbox: 'strict' };
};
const propose = (...lines: string[]) => proposeRule(lines.map((line) => shell(line)));

describe('the narrowest pattern', () => {
  test.each<[string[], string]>([
    [['npm test', 'npm test'], 'npm test'],
    [['npm run test:unit', 'npm run test:e2e', 'npm run test:ui'], 'npm run test:*'],
    [['npm run test:unit', 'npm run test:unix'], 'npm run test:*'],
    [['cat a.txt', 'cat b.txt'], 'cat *.txt'],
    [['cat src/a.ts', 'cat src/b.ts'], 'cat src/*.ts'],
    [['cat /etc/a', 'cat /etc/b'], 'cat /etc/*'],
    [['curl https://a.com/x/1', 'curl https://a.com/x/2'], 'curl https://a.com/x/*'],
    [['git log -n 5 src/a', 'git log -n 5 src/b'], 'git log -n 5 src/*'],
    [['echo "*"', 'echo "*"'], 'echo "*"'],
  ])('%j is %s', (lines, pattern) => {
    expect(propose(...lines)).toBe(pattern);
  });

  test.each<[string, string[]]>([
    ['different programs', ['make build', 'cmake build']],
    ['nothing in common', ['make build', 'make test']],
    ['nothing in common behind an option', ['git commit -m one', 'git commit -m two']],
    ['different options', ['ls -l', 'ls -a']],
    ['different numbers of words', ['ls a.x', 'ls a.x b.x']],
    ['different top folders', ['cat src/a.ts', 'cat lib/a.ts']],
    ['a path that climbs', ['cat src/../../a.ts', 'cat src/b.ts']],
    ['different hosts', ['curl https://a.com/x', 'curl https://b.com/x']],
    ['what admission refuses', ['python3 a.py', 'python3 b.py']],
    ['what no wildcard covers', ['rm -rf a.x', 'vim b.x']],
    ['more than two differences', ['t a.x b.x c.x', 't a.y b.y c.y']],
    ['several commands', ['npm test; ls', 'npm test; ls']],
    ['a redirection', ['npm test > x', 'npm test > x']],
    ['an unknown word', ['npm test $X', 'npm test $X']],
    ['quotes needed round the wildcard', ['echo "a b.x"', 'echo "a c.x"']],
    ['nothing at all', []],
  ])('there is none for %s', (_what, lines) => {
    expect(propose(...lines)).toBeNull();
  });
});

describe('after the third approval of alike commands', () => {
  const NO_RULES = compileRules({});
  let count = 0;
  const request = (line: string, more: Partial<PastRequest['context']> = {}, rejected = false) => {
    const context = { requester: 'telegram:1', platform: 'telegram', cwd: '/w', home: null };
    const action = shell(line, more.cwd);
    count += 1;
    return { id: `R${count}`, action, context: { ...context, ...more }, rejected };
  };
  const find = (approved: PastRequest[], rejected: PastRequest[] = []) => {
    const latest = approved.at(-1);
    if (latest === undefined) throw new Error('nothing was approved');
    return findProposal(latest, approved, [...approved, ...rejected], NO_RULES)?.pattern ?? null;
  };
  const three = () => ['a', 'b', 'c'].map((name) => request(`npm run test:${name}`));

  test('a rule is proposed, with its directory and its requester', () => {
    const approved = three();
    expect(findProposal(approved[2] as PastRequest, approved, approved, NO_RULES)).toEqual({
      pattern: 'npm run test:*',
      in: '/w',
      from: 'telegram:1',
      covers: [approved[2], approved[0], approved[1]].map((one) => one?.id),
    });
  });

  test('not after the second, and not again after the fourth', () => {
    expect(find(three().slice(0, 2))).toBeNull();
    expect(find([...three(), request('npm run test:d')])).toBeNull();
  });

  test('other commands in between do not matter', () => {
    const [a, b, c] = three() as [PastRequest, PastRequest, PastRequest];
    const others = ['npm install', 'ls -l', 'npm run build'].map((line) => request(line));
    expect(find([a, ...others, b, c])).toBe('npm run test:*');
  });

  test('the exact command before the general one', () => {
    const same = ['x', 'x', 'x'].map(() => request('make all'));
    expect(find(same)).toBe('make all');
  });

  test('only of one requester and one directory', () => {
    const [a, b] = three() as [PastRequest, PastRequest];
    expect(find([a, b, request('npm run test:c', { requester: 'telegram:2' })])).toBeNull();
    expect(find([a, b, request('npm run test:c', { cwd: '/v' })])).toBeNull();
  });

  test('never with a rejection among what it would match', () => {
    expect(find(three(), [request('npm run test:prod', {}, true)])).toBeNull();
    expect(find(three(), [request('npm run deploy', {}, true)])).toBe('npm run test:*');
  });
});
