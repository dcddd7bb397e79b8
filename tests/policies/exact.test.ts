// "Allow exactly this": which rules that takes, and when there are none.
import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/bus/action.ts';
import { exactRules } from '../../src/policies/exact.ts';
import { judge } from '../../src/policies/judge.ts';
import { quoteWord } from '../../src/policies/quote.ts';
import { buildRuleSet, compileRules, withGrants } from '../../src/policies/rules.ts';

const RULES = compileRules({
  allow: ['git status', 'echo *'],
  ask: ['git push *'],
  deny: ['shutdown *'],
});
const CONTEXT = { requester: 'telegram:1', platform: 'telegram', cwd: '/w', home: '/home/ana' };
const FRAME = { cwd: '/w', env: {}, stdinDigest: null, sandbox: 'strict' } as const;

const shell = (command: string): Action => ({ kind: 'shell', command, ...FRAME });
const exec = (...argv: string[]): Action => ({ kind: 'exec', argv, ...FRAME });

function exact(action: Action, context = CONTEXT) {
  return exactRules(action, judge(action, RULES, context), RULES, context);
}

test.each<[string, string[]]>([
  ['npm test', ['npm test']],
  ['git status && npm test', ['npm test']],
  ['npm test; npm test', ['npm test']],
  ['rm -rf "a b"', ['rm -rf "a b"']],
  ['ls "*.ts"', ['ls "*.ts"']],
  [`grep "it's" 'a"b'`, [`grep "it's" 'a"b'`]],
  ['read x', ['"read" x']],
  ['Bash', ['"Bash"']],
  ['/bin/ls /tmp/', ['"/bin/ls" "/tmp/"']],
  ['npm test > out.log', ['npm test > /w/out.log']],
  ['npm test | tee x', ['npm test', 'tee x']],
  ['sudo rm x', ['sudo rm x']],
])('%s takes %j', (line, patterns) => {
  expect(exact(shell(line))).toEqual(patterns);
});

test('what they allow is exactly this, here, for its requester', () => {
  const action = exec('deploy', 'a b', '*');
  const patterns = exact(action) ?? [];
  const rules = withGrants(
    RULES,
    patterns.map((pattern) => ({
      effect: 'allow' as const,
      pattern,
      in: '/w',
      from: 'telegram:1',
    })),
    '',
  );
  const effect = (other: Action, context = CONTEXT) => judge(other, rules, context).effect;
  expect(effect(action)).toBe('allow');
  expect(effect(exec('deploy', 'a b', 'x'))).toBe('ask');
  expect(effect(exec('deploy', 'a', 'b', '*'))).toBe('ask');
  expect(effect(exec('deploy', 'a b', '*', 'more'))).toBe('ask');
  expect(effect(action, { ...CONTEXT, requester: 'telegram:2' })).toBe('ask');
  expect(effect({ ...action, cwd: '/v' }, { ...CONTEXT, cwd: '/v' })).toBe('ask');
});

describe('there are none', () => {
  test.each([
    ['git push origin main', 'an ask rule'],
    ['shutdown now', 'a deny rule'],
    ['git status', 'a rule that allows it'],
    ['npm test $X', 'an unknown word'],
    ['$X', 'an unknown command'],
    ['npm test "', 'a line that cannot be read'],
    ['LD_PRELOAD=/x npm test', 'an assignment that changes what runs'],
    ['npm test && git push origin', 'another reason beside it'],
    ['bash <<EOF\nnpm test\nEOF', 'text on standard input'],
    ['npm test > a > b', 'several files'],
    ['npm test >> a', 'appending, which no pattern tells from overwriting'],
    ['npm test &> a', 'more than one stream'],
  ])('%s: %s', (line) => {
    expect(exact(shell(line))).toBeNull();
  });

  test('for standard input and an environment that no rule speaks of', () => {
    expect(exact({ ...exec('npm', 'test'), stdinDigest: 'a'.repeat(64) })).toBeNull();
    expect(exact({ ...exec('npm', 'test'), env: { STAGE: 'x' } })).toBeNull();
  });

  test('where the directory or the requester would be a glob', () => {
    expect(exact(exec('npm', 'test'), { ...CONTEXT, cwd: '/w/*' })).toBeNull();
    expect(exact(exec('npm', 'test'), { ...CONTEXT, requester: 'telegram:*' })).toBeNull();
  });

  test('when somebody else than the rules made it ask', () => {
    const action = exec('npm', 'test');
    const judged = judge(action, RULES, CONTEXT);
    const guarded = { ...judged, reasons: [...judged.reasons, 'it holds hidden characters'] };
    expect(exactRules(action, guarded, RULES, CONTEXT)).toBeNull();
    const finding = { kind: 'bidi', where: 'command', codePoint: null, reason: 'turned' } as const;
    const found = (severity: 'warn' | 'note') => ({
      ...judged,
      findings: [{ ...finding, severity }],
    });
    expect(exactRules(action, found('warn'), RULES, CONTEXT)).toBeNull();
    expect(exactRules(action, found('note'), RULES, CONTEXT)).toEqual(['npm test']);
  });
});

test.each(['plain', 'a b', '', `it's`, 'say "x"', `it's "x"`, '*', 'a?b', '~', '>', '&&', 'a;b'])(
  'the word %j quoted is that word alone',
  (word) => {
    const rules = buildRuleSet([{ effect: 'deny', pattern: `tool ${quoteWord(word)} end` }], '');
    const effect = (...words: string[]) => judge(exec('tool', ...words), rules, CONTEXT).effect;
    expect(effect(word, 'end')).toBe('deny');
    expect(effect(`${word}x`, 'end')).toBe('ask');
  },
);
