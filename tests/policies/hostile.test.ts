// Hostile input: nothing hangs, nothing throws, nothing is allowed.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell expansions look like that.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judge } from '../../src/policies/judge.ts';
import { readLine } from '../../src/policies/read-line.ts';
import { compileRules } from '../../src/policies/rules.ts';
import { CONTEXT, judgeLine, type PolicyCase, readCases, type ShellCase } from './cases.ts';
import { HOSTILE_LINES } from './hostile-lines.ts';

test.each(HOSTILE_LINES)(
  '%s: it ends, and is allowed only where it reads strictly',
  (_name, line) => {
    const rules = { allow: ['*', 'ls', 'echo *', 'ls *'], deny: ['rm *'], ask: ['git push *'] };
    const { effect, reasons } = judgeLine(line, rules);
    expect(reasons).not.toEqual([]);
    const { failure, hazards } = readLine(line);
    if (failure !== null || hazards.length > 0) expect(effect).not.toBe('allow');
    expect(judgeLine(line, { allow: ['git status'] }).effect).toBe('ask');
  },
);

/** What is gathered while a line is judged, which is what its time goes into. */
function work(line: string): { words: number; commands: number; listed: number; reasons: number } {
  const { commands } = readLine(line);
  const { commands: listed, reasons } = judgeLine(line, { deny: ['rm *', 'read /etc/**'] });
  const words = commands.reduce((sum, one) => sum + one.words.length + one.redirects.length, 0);
  return { words, commands: commands.length, listed: listed.length, reasons: reasons.length };
}

test('whatever is sent, no more is read and judged than its limits', () => {
  for (const [name, line] of HOSTILE_LINES) {
    const { words, commands, listed, reasons } = work(line);
    expect([name, words <= 2001 + commands, commands <= 1001]).toEqual([name, true, true]);
    expect([name, listed <= 1500, reasons <= 2500]).toEqual([name, true, true]);
  }
});

test('twice the hostile text is at most twice the work, and beyond the limits no more', () => {
  const pieces = ["ssh 'rm a' ssh ", 'watch ', 'xargs rm;', '>a ', 'a=b ', '$x ', 'eval "rm a";'];
  for (const piece of pieces) {
    const [once, twice] = [300, 600].map((count) => work(`ls ${piece.repeat(count)}`));
    if (once === undefined || twice === undefined) throw new Error('two amounts were measured');
    expect([piece, twice.listed <= 2 * once.listed + 2]).toEqual([piece, true]);
    const [much, more] = [8000, 16_000].map((count) => work(`ls ${piece.repeat(count)}`));
    expect([piece, more?.listed]).toEqual([piece, Math.min(more?.listed ?? 0, much?.listed ?? 0)]);
  }
});

test('a denied command before the limits is denied, whatever comes behind it', () => {
  const deny = ['rm *'];
  for (const tail of ['ls;'.repeat(1200), `ls ${'a '.repeat(20_000)}`, 'ls\n'.repeat(9000)]) {
    expect(judgeLine(`rm x; ${tail}`, { allow: ['*'], deny }).effect).toBe('deny');
  }
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

test('a pattern full of stars is matched in one pass', () => {
  const stars = 'a*'.repeat(200);
  const rules = { allow: [`${stars}b`], deny: [`echo ${stars}b`, `echo *${'a'.repeat(500)}b*`] };
  expect(judgeLine(`echo ${'a'.repeat(60_000)}`, rules).effect).toBe('ask');
  expect(judgeLine(`echo ${'a'.repeat(60_000)}b`, rules).effect).toBe('deny');
  expect(judgeLine('a'.repeat(60_000), rules).effect).toBe('ask');
  const mixed = { deny: [`${'a*?'.repeat(200)}b`, `./${'**a*'.repeat(100)}b`] };
  expect(judgeLine(`./${'a/'.repeat(2000)}`, mixed).effect).toBe('ask');
});
