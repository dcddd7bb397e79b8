// `policy test`: all examples of a file at once, and what else is wrong with it.
import { describe, expect, test } from 'vitest';
import { testPolicyFile } from '../../src/policies/policy-test.ts';

const FILE = `version: 1
rules:
  - allow: npm run test:*
    examples: { match: ["npm run test:a", "npm run test:a; ls"], not_match: ["npm run test:b"] }
  - deny: rm
    examples: { match: [rm x, "$X x"] }
  - ask: git push *
    in: /elsewhere
    examples: { match: [git push], not_match: [git status] }
`;

const brief = (text: string) => {
  const { failing, ...rest } = testPolicyFile(text, 'p.yaml');
  const failures = failing.flatMap(({ at, written, failures: all }) =>
    all.map(({ line, list, why }) => [at, written, list, line, ...why]),
  );
  return { ...rest, failures };
};

describe('a file', () => {
  test('reports every failing example, with its line, how it was read and why', () => {
    expect(brief(FILE)).toEqual({
      examples: 7,
      rules: 3,
      problems: [],
      failures: [
        ['p.yaml:3', 'allow: npm run test:*', 'match', 'npm run test:a; ls', 'no rule allows ls'],
        ['p.yaml:3', 'allow: npm run test:*', 'not_match', 'npm run test:b'],
        [
          'p.yaml:5',
          'deny: rm',
          'match',
          '$X x',
          'it could be what the rule is about, which cannot be known before it runs',
        ],
      ],
    });
    const [first] = testPolicyFile(FILE, 'p.yaml').failing;
    expect(first?.failures[0]?.judgement.commands.map(({ words }) => words)).toEqual([
      ['npm', 'run', 'test:a'],
      ['ls'],
    ]);
  });

  test('of which other parts are broken tells both', () => {
    const found = brief(`${FILE}alow: [ls]\n`);
    expect([found.failures.length, found.problems]).toEqual([
      3,
      [expect.stringMatching(/^p\.yaml:10: "alow" is not a known key/)],
    ]);
  });

  test('that is no YAML, or empty, has no examples', () => {
    expect([brief('rules: ['), brief('')]).toEqual([
      { examples: 0, rules: 0, problems: [expect.stringMatching(/^p\.yaml:1: /)], failures: [] },
      { examples: 0, rules: 0, problems: [], failures: [] },
    ]);
  });

  test('counts the examples of its presets', () => {
    const { examples, rules, failures } = brief('presets: [strict, team]\n');
    expect([examples > 100, rules > 50, failures]).toEqual([true, true, []]);
  });
});

describe('the tools section', () => {
  test.each([
    ['tools: { default: deny, map: { a: { write: [x, y] } } }', []],
    ['tools: { defualt: deny }', [/did you mean "default"/]],
    ['tools: { default: allow }', [/tools\.default/]],
    ['tools: { map: { a: {} } }', [/tools\.map\.a: says which argument/]],
    ['tools: { map: { a: { wirte: x } } }', [/known here are read, write/, /says which argument/]],
    ['tools:', []],
  ])('%s', (text, problems) => {
    expect(testPolicyFile(text, 'p').problems).toEqual(
      problems.map((pattern) => expect.stringMatching(pattern)),
    );
  });
});
