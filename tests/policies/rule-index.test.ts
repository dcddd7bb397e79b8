// The index finds exactly what a plain loop over all rules finds, whatever the rules and command.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchAllow } from '../../src/policies/match-allow.ts';
import { matchStrict } from '../../src/policies/match-strict.ts';
import { operandMatch } from '../../src/policies/path-operands.ts';
import { pathMatchAllow, pathMatchStrict, wordText, wordView } from '../../src/policies/paths.ts';
import { type ReadCommand, readLine } from '../../src/policies/read-line.ts';
import { restrictCommand, restrictRedirect } from '../../src/policies/restrictions.ts';
import {
  buildRuleSet,
  type CompiledRule,
  inScope,
  type RuleScope,
  type RuleSet,
  type RuleSource,
  withGrants,
} from '../../src/policies/rules.ts';

const SEED = Number(
  process.env['INDEX_SEED'] ??
    (process.env['CI'] === 'true' ? 20261120 : Math.floor(Math.random() * 2 ** 31)),
);

const NAMES = ['git', 'rm', '/usr/bin/git', 'bin/rm', './rm', 'sudo', 'cat', 'tee', 'time'];
const WORDS = [
  ...['push', 'a', 'ab', 'abcd-1', 'abcd-12', 'origin', '.', '..', './push', 'x/../a', '/', '//'],
  ...['/etc/passwd', '/etc/./passwd', '~/.ssh/id', '/home/ada/.ssh/id', 'src/a.ts', 'src//a.ts'],
  ...['src/', "''", '/home/ada/code', 'code', 'if=/etc/passwd', '../code/src/a.ts', 'file.pem'],
];
const OPTIONS = [
  '-f',
  '--force',
  '--forc',
  '-rf',
  '-r',
  '--out=a',
  '--out',
  '-',
  '--zap',
  '--za=b',
  '--zap=b',
  '--zip',
  '-z',
];
const UNKNOWN = ['$x', '"$x"', 'a$x', '"ab$x"', '-$x', '*.ts', 'src/*', '$x/b', '~', '~/a'];
const WILD = [
  ...[
    '*',
    '**',
    'a*',
    '*d-1*',
    'abcd*',
    '*.ts',
    '*.pem',
    'src/*',
    '/etc/*',
    '/etc/**',
    '~/.ssh/**',
  ],
  ...['?', 'a?', '*/a.ts', '**/id', '~/*', './*', 'of=*', "'*'", "src/'*'x*", 'src/**/*.ts', '~'],
];

const commandWord = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 3, arbitrary: fc.constantFrom(...OPTIONS) },
  { weight: 2, arbitrary: fc.constantFrom(...UNKNOWN) },
);
const patternWord = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...WORDS) },
  { weight: 3, arbitrary: fc.constantFrom(...OPTIONS) },
  { weight: 4, arbitrary: fc.constantFrom(...WILD) },
);
const line = fc
  .tuple(
    fc.constantFrom('', 'time ', '! ', 'A=b '),
    fc.oneof(fc.constantFrom(...NAMES), fc.constantFrom('"$x"', '$x', 'g$x')),
    fc.array(commandWord, { maxLength: 6 }),
    fc.array(fc.tuple(fc.constantFrom('>', '<', '>>'), commandWord), { maxLength: 2 }),
  )
  .map(([before, name, words, redirects]) =>
    [before + name, ...words, ...redirects.map(([sign, word]) => `${sign} ${word}`)].join(' '),
  );
const pattern = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.oneof(fc.constantFrom(...NAMES), fc.constantFrom('*', 'g*', './*', 'A=b git', '!')),
        fc.array(patternWord, { maxLength: 4 }),
        fc.constantFrom('', ' *'),
      )
      .map(([name, words, rest]) => [name, ...words].join(' ') + rest),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('read', 'write', '>', '<', 'git * >', 'cat a >'),
        fc.oneof(fc.constantFrom(...WORDS), fc.constantFrom(...WILD)),
      )
      .map(([verb, path]) => `${verb} ${path}`),
  },
);
/** Rules with patterns of one kind. */
function rulesOf(patterns: fc.Arbitrary<string>): fc.Arbitrary<RuleSource[]> {
  const rule = fc.record({
    effect: fc.constantFrom('allow' as const, 'ask' as const, 'deny' as const),
    pattern: patterns,
    approvals: fc.constantFrom(1, 1, 2, 3),
    in: fc.constantFrom(null, null, '~/code/**', '/home/ada/code', '/srv/**', '/home/*/code'),
    from: fc.constantFrom(null, null, 'cli:test', 'telegram:1', 'cli:*'),
    on: fc.constantFrom(null, null, 'cli', 'telegram'),
  });
  return fc.array(rule, { maxLength: 60, size: 'max' });
}

/** Many that differ in one place: more than are looked at one by one there. */
const crowded = fc.oneof(
  fc.constantFrom(...OPTIONS).map((word) => `git ${word}`),
  fc.constantFrom(...OPTIONS, ...WILD).map((word) => `git push ${word}`),
);
const crowdedPaths = fc.constantFrom(...WILD, ...WORDS).map((path) => `read ${path}`);
const rules = fc.oneof(rulesOf(pattern), rulesOf(crowded), rulesOf(crowdedPaths));

const SCOPES: readonly RuleScope[] = [
  { requester: 'cli:test', platform: 'cli', cwd: '/home/ada/code', home: '/home/ada' },
  { requester: 'telegram:1', platform: 'telegram', cwd: '/', home: '/' },
  { requester: 'cli:other', platform: 'cli', cwd: '/home/ada/code/', home: null },
];

type Match = 'yes' | 'maybe' | 'no';
interface Found {
  readonly numbers: number[];
  readonly approvals: number;
  readonly possible: boolean;
}

/** Every rule, one by one. */
function plainLoop(
  set: RuleSet,
  scope: RuleScope,
  match: (rule: CompiledRule) => Match,
): { denied: Found; asked: Found } {
  const all = [...set.compiled.deny.all, ...set.compiled.ask.all, ...set.compiled.paths]
    .filter(({ entry }) => entry.effect !== 'allow' && inScope(entry, scope))
    .sort((a, b) => a.entry.number - b.entry.number)
    .map((one) => ({ entry: one.entry, match: match(one) }))
    .filter((one) => one.match !== 'no');
  const of = (effect: string): Found => {
    const some = all.filter(({ entry }) => entry.effect === effect);
    return {
      numbers: some.filter((one) => one.match === 'yes').map(({ entry }) => entry.number),
      approvals: Math.max(1, ...some.map(({ entry }) => entry.approvals)),
      possible: some.some((one) => one.match === 'maybe'),
    };
  };
  return { denied: of('deny'), asked: of('ask') };
}

/** The same rules as one file, and as a file with grants. */
function sets(sources: RuleSource[]): RuleSet[] {
  const half = Math.floor(sources.length / 2);
  const file = buildRuleSet(sources.slice(0, half), 'a');
  return [buildRuleSet(sources, 'a'), withGrants(file, sources.slice(half), 'b')];
}

const options = { numRuns: Number(process.env['INDEX_RUNS'] ?? 400), seed: SEED };

test(`deny and ask rules over commands are those of a plain loop (seed ${SEED})`, () => {
  fc.assert(
    fc.property(rules, line, fc.constantFrom(...SCOPES), (sources, text, scope) => {
      for (const set of sets(sources)) {
        for (const command of named(text)) {
          const view = wordView(scope);
          const match = ({ pattern: one }: CompiledRule): Match => {
            if (one.kind === 'command') return matchStrict(one.command, command, view);
            return one.kind === 'path' ? operandMatch(one, command, scope) : 'no';
          };
          const { denied, asked } = plainLoop(set, scope, match);
          const found = restrictCommand(command, set, scope, view, {
            left: Number.POSITIVE_INFINITY,
            operands: new Map(),
          });
          const denies = denied.numbers.length > 0;
          expect(found.denied === null).toBe(!denies);
          expect(denied.numbers).toEqual(
            found.denied === null ? [] : expect.arrayContaining([found.denied.number]),
          );
          if (denies) continue;
          expect(asked.numbers).toEqual(
            found.asked === null ? [] : expect.arrayContaining([found.asked.number]),
          );
          expect(found.possible !== null).toBe(denied.possible || asked.possible);
          expect(found.approvals).toBe(asked.approvals);
        }
      }
    }),
    options,
  );
});

test(`rules over redirections are those of a plain loop (seed ${SEED})`, () => {
  fc.assert(
    fc.property(rules, line, fc.constantFrom(...SCOPES), (sources, text, scope) => {
      for (const set of sets(sources)) {
        for (const command of named(text)) {
          for (const redirect of command.redirects) {
            const match = ({ pattern: one }: CompiledRule): Match =>
              one.kind === 'path' ? pathMatchStrict(one, command, redirect, scope) : 'no';
            const { denied, asked } = plainLoop(set, scope, match);
            const found = restrictRedirect(command, redirect, set, scope);
            const certain = [...denied.numbers, ...asked.numbers];
            expect(found.certain.map((entry) => entry.number)).toEqual(certain);
            const possible = found.possible.map((entry) => entry.effect);
            expect(possible).toEqual([
              ...(denied.possible ? ['deny'] : []),
              ...(asked.possible ? ['ask'] : []),
            ]);
            expect(found.approvals).toBe(asked.approvals);
            const target = wordText(redirect.target, scope);
            const index = set.compiled.files.allow[redirect.access];
            const covers = ({ entry, pattern: one }: CompiledRule) =>
              one.kind === 'path' &&
              entry.effect === 'allow' &&
              inScope(entry, scope) &&
              pathMatchAllow(one, command, redirect, scope);
            const allowing = target === null ? [] : index.allowing(target, scope);
            expect(allowing.filter(covers).map(({ entry }) => entry.number)).toEqual(
              set.compiled.paths.filter(covers).map(({ entry }) => entry.number),
            );
          }
        }
      }
    }),
    options,
  );
});

test(`allow rules are those of a plain loop (seed ${SEED})`, () => {
  fc.assert(
    fc.property(rules, line, fc.constantFrom(...SCOPES), (sources, text, scope) => {
      for (const set of sets(sources)) {
        for (const command of named(text)) {
          const covers = ({ entry, pattern: one }: CompiledRule) =>
            one.kind === 'command' &&
            inScope(entry, scope) &&
            matchAllow(one.command, command, true) !== null;
          const { allow } = set.compiled;
          expect(allow.candidates(command, scope).filter(covers)).toEqual(allow.all.filter(covers));
        }
      }
    }),
    options,
  );
});

/** The commands of a line that have a name. */
function named(text: string): readonly ReadCommand[] {
  return readLine(text).commands.filter((command) => command.words.length > 0);
}
