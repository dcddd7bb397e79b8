// Many expressions at once find what each finds alone.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildRuleSet } from '../../src/policies/rules.ts';

const SEED = process.env['CI'] === 'true' ? 20261120 : Math.floor(Math.random() * 2 ** 31);

const atom = fc.constantFrom(
  ...[
    'a',
    'b',
    '.',
    '\\s',
    '\\w',
    '\\d',
    '[ab]',
    '[^a]',
    '^',
    '$',
    '\\b',
    '\\B',
    'é',
    '\\x{1f600}',
  ],
  ...['(?i)A', '(?:ab|b)', '(a)', '\\A', '\\z', '(?m)^b', '(?s).', '\\|', '\\*', '', '\\pL'],
);
const regex = fc
  .array(fc.tuple(atom, fc.constantFrom('', '*', '+', '?', '{2}', '|')), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => `/${parts.map(([one, many]) => one + many).join('')}/`);
const text = fc
  .array(fc.constantFrom('a', 'b', 'A', ' ', '\n', '|', '*', '1', 'é', '\u{1f600}', '\ud800'), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''));

test(`expressions together find what each finds alone (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.array(regex, { maxLength: 8 }), text, (patterns, given) => {
      const rules = patterns.map((pattern) => ({ effect: 'deny' as const, pattern }));
      const { regexes } = buildRuleSet(rules, 'a').compiled;
      const alone = regexes.all.filter(
        ({ pattern }) => pattern.kind === 'regex' && pattern.regex.matcher(given).find(),
      );
      expect(regexes.matching(given).map(({ entry }) => entry.number)).toEqual(
        alone.map(({ entry }) => entry.number),
      );
    }),
    { numRuns: Number(process.env['INDEX_RUNS'] ?? 1000), seed: SEED },
  );
});

test('hundreds of expressions are found in the order of the file', () => {
  const rules = Array.from({ length: 450 }, (_, n) => ({
    effect: 'deny' as const,
    pattern: `/host-${n}\\b/`,
  }));
  const { regexes } = buildRuleSet(rules, 'a').compiled;
  const found = regexes.matching('curl host-449 host-3 host-201x host-200');
  expect(found.map(({ entry }) => entry.number)).toEqual([4, 201, 450]);
});
