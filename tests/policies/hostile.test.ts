// Hostile input: nothing hangs, nothing throws, nothing is allowed.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell expansions look like that.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judge } from '../../src/policies/judge.ts';
import { readLine } from '../../src/policies/read-line.ts';
import { compileRules } from '../../src/policies/rules.ts';
import { CONTEXT, judgeLine, type PolicyCase, readCases, type ShellCase } from './cases.ts';

const HOSTILE: readonly (readonly [string, string])[] = [
  ['10 MB of one word', `echo ${'a'.repeat(10_000_000)}`],
  ['just over the cap', `echo ${'a'.repeat(64 * 1024)}`],
  ['10,000 parentheses', `${'('.repeat(10_000)}ls${')'.repeat(10_000)}`],
  ['10,000 open parentheses', '('.repeat(10_000)],
  ['10,000 substitutions', '$('.repeat(10_000)],
  ['10,000 closed substitutions', `${'$('.repeat(10_000)}ls${')'.repeat(10_000)}`],
  ['10,000 backticks', '`'.repeat(10_001)],
  ['10,000 braces', `echo ${'{a,'.repeat(10_000)}`],
  ['10,000 expansions', `echo ${'${x:-'.repeat(10_000)}`],
  ['10,000 arithmetics', `echo ${'$(('.repeat(10_000)}`],
  ['10,000 quotes', `echo ${'"$(echo '.repeat(8000)}`],
  ['10,000 wrappers', `${'nice '.repeat(10_000)}ls`],
  ['1,000 nested shells', `${'bash -c '.repeat(1000)}ls`],
  ['10,000 heredocs', 'cat <<A '.repeat(8000)],
  ['30,000 commands', 'ls;'.repeat(20_000)],
  ['NUL', 'ls \0'],
  ['a byte order mark', '\ufeffls'],
  ['a lone surrogate', 'ls \ud800'],
  ['a carriage return', 'rm x\rls'],
  ['an escape', 'ls \u001b[2K'],
  ['NEL', 'ls \u0085rm x'],
  ['a line separator', 'ls \u2028rm x'],
  ['a continued line', 'l\\\ns'],
  ['a trailing backslash', 'ls \\'],
  ['nothing', ''],
  ['blanks', ' \t\n'],
];

test.each(HOSTILE)('%s is never allowed and costs little', (_name, line) => {
  const rules = { allow: ['*', 'ls', 'echo *', 'ls *'], deny: ['rm *'] };
  const started = performance.now();
  expect(judgeLine(line, rules).effect).not.toBe('allow');
  // 50 ms are the promise; a busy machine gets twenty times as long.
  expect(performance.now() - started).toBeLessThan(1000);
});

const ALL = compileRules({ allow: ['*', 'echo *', 'git *'], deny: ['rm *', 'git push --force'] });

test('every prefix of every labelled line is judged, and allowed only where it reads strictly', () => {
  const lines = [
    ...readCases<ShellCase>('shell').map((one) => one.src),
    ...readCases<PolicyCase>('policy').map((one) => one.command.slice(0, 200)),
  ];
  for (const line of lines) {
    for (let end = 0; end <= line.length; end++) {
      const prefix = line.slice(0, end);
      const judged = judgeWith(prefix);
      if (judged.effect === 'allow')
        expect([prefix, readLine(prefix).failure]).toEqual([prefix, null]);
    }
  }
});

function judgeWith(command: string) {
  const frame = { cwd: '/w', env: {}, stdinDigest: null, sandbox: 'strict' as const };
  return judge({ kind: 'shell', command, ...frame }, ALL, CONTEXT);
}

const piece = fc.oneof(
  fc.constantFrom(
    ...[
      'rm',
      'git',
      'push',
      '--force',
      'echo',
      'sudo',
      'env',
      'bash',
      '-c',
      'xargs',
      'find',
      '-exec',
    ],
    ...[
      '$(',
      ')',
      '`',
      '"',
      "'",
      ';',
      '|',
      '&&',
      '>',
      '<<EOF',
      '\n',
      '\\',
      '{',
      '}',
      '((',
      '$x',
      '${',
    ],
    ...[
      'constructor',
      '__proto__',
      'hasOwnProperty',
      'toString',
      'valueOf',
      '..',
      '/',
      '~',
      '*',
      '\0',
    ],
  ),
  fc.string({ maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const line = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(' '));

test('judging never throws, and never allows what fails the strict checks', () => {
  fc.assert(
    fc.property(line, (text) => {
      const judged = judgeWith(text);
      const { failure, hazards } = readLine(text);
      return judged.effect !== 'allow' || (failure === null && hazards.length === 0);
    }),
    { numRuns: 3000 },
  );
});

test('no pattern makes compiling or judging throw, or match what is empty', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 3 }), line, (patterns, text) => {
      const deny = compileRules({ deny: patterns });
      const allow = compileRules({ allow: patterns });
      const frame = { cwd: '/w', env: {}, stdinDigest: null, sandbox: 'strict' as const };
      const action = { kind: 'shell' as const, command: text, ...frame };
      if (judge(action, deny, CONTEXT).effect === 'allow') return false;
      return judge(action, allow, CONTEXT).effect !== 'allow' || text.trim() !== '';
    }),
    { numRuns: 1500 },
  );
});

test('an argv of any words is judged', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 6 }), (argv) => {
      const frame = { cwd: '/w', env: {}, stdinDigest: null, sandbox: 'strict' as const };
      return ['allow', 'ask', 'deny'].includes(
        judge({ kind: 'exec', argv, ...frame }, ALL, CONTEXT).effect,
      );
    }),
    { numRuns: 1000 },
  );
});

test('matching is linear: a pattern full of stars costs nothing', () => {
  const started = performance.now();
  const rules = { allow: [`${'a*'.repeat(200)}b`], deny: [`echo ${'a*'.repeat(200)}b`] };
  judgeLine('a'.repeat(20_000), rules);
  judgeLine(`echo ${'a'.repeat(20_000)}`, rules);
  judgeLine(`echo ${'['.repeat(60_000)}`, rules);
  judgeLine(`echo ${'{a,'.repeat(90)}${'x'.repeat(60_000)}`, rules);
  expect(performance.now() - started).toBeLessThan(2000);
});
