// A plain line is run as its words: bash itself, and our own reading, must read it just so.
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainArgv } from '../../src/bus/plain-words.ts';
import { judge } from '../../src/policies/judge.ts';
import { compileRules } from '../../src/policies/rules.ts';
import '../seed.ts';

/** What bash passes to the program, which is a function here. */
function bashWords(line: string): string[] {
  const name = /^[\s'"]*([\w.+-]+)/.exec(line)?.[1] ?? 'none';
  const script = `${name}() { for word; do printf '%s\\0' "$word"; done; }\n${line}`;
  const { stdout, status } = spawnSync('bash', ['--norc', '--noprofile', '-c', script]);
  if (status !== 0) throw new Error(`bash ended with ${status}`);
  return String(stdout).split('\0').slice(0, -1);
}

describe('plain', () => {
  test.each<[string, string[]]>([
    ['git status', ['git', 'status']],
    ["  ls\t-la  'a b' \"c d\"e'' ", ['ls', '-la', 'a b', 'c de']],
    ['grep \'\' "" x=y ä', ['never']],
    ["git commit -m 'a; b && $(c) `d` \\ !'", ['git', 'commit', '-m', 'a; b && $(c) `d` \\ !']],
    ['rg "¡Mañana!?" src', ['never']],
    ['rg "Mañana" src', ['rg', 'Mañana', 'src']],
  ])('%s', (line, words) => {
    expect(plainArgv(line)).toEqual(words[0] === 'never' ? null : words);
  });

  test('are no lines in which a shell sees more than words', () => {
    const others = [
      ...['', ' ', "'", 'ls "', 'a=b ls', 'ls; ls', 'ls | wc', 'ls > x', 'ls *', 'ls ?', 'ls [a]'],
      ...['ls ~', 'ls {a,b}', 'ls $x', 'ls "$x"', 'ls `x`', 'ls a\\ b', 'ls # x', 'ls !x', 'ls &'],
      ...[
        'ls\nls',
        'ls\r',
        "ls 'a\nb'",
        '(ls)',
        '! ls',
        'time ls',
        'echo x',
        'cd /',
        '[ x ]',
        'test x',
      ],
      ...[
        './run x',
        '/bin/ls',
        '../x',
        "''",
        '-x',
        'if',
        'true',
        '\u00a0ls',
        'l\u200bs',
        'ls \u202e',
      ],
    ];
    expect(others.filter((line) => plainArgv(line) !== null)).toEqual([]);
  });
});

test('are the words that bash passes on, and those that the rules were matched with', () => {
  const piece = fc.oneof(
    fc.stringMatching(/^[A-Za-z0-9_@%+:,./=-]{1,6}$/),
    fc.string({ unit: 'binary', maxLength: 6 }).map((text) => `'${text.replaceAll("'", '')}'`),
    fc.string({ unit: 'binary', maxLength: 6 }).map((text) => `"${text}"`),
    fc.constantFrom(' ', '\t', '  ', ' -- '),
  );
  const line = fc.array(piece, { maxLength: 8 }).map((pieces) => `zap ${pieces.join('')}`);
  const frame = { cwd: '/w', env: {}, stdinDigest: null, sandbox: 'strict' } as const;
  const context = { requester: 'a:b', platform: 'a', cwd: '/w', home: null };
  const rules = compileRules({ allow: ['zap *'] });
  let plain = 0;
  fc.assert(
    fc.property(line, (text) => {
      const argv = plainArgv(text);
      if (argv === null) return;
      plain += 1;
      expect(bashWords(text)).toEqual(argv.slice(1));
      const judgement = judge({ kind: 'shell', command: text, ...frame }, rules, context);
      // What nobody can see asks; whatever is allowed was read as these very words.
      if (judgement.effect === 'allow') expect(judgement.commands[0]?.words).toEqual(argv);
    }),
    { numRuns: 300 },
  );
  expect(plain).toBeGreaterThan(50);
});
