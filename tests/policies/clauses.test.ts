// Rules as people type them in one line: what is a condition, and what belongs to the command.
import { describe, expect, test } from 'vitest';
import type { Effect } from '../../src/bus/messages.ts';
import { readClauses } from '../../src/policies/clauses.ts';

const PLATFORMS = ['console', 'telegram'];
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const read = (line: string, effect: Effect = 'allow') => readClauses(effect, line, PLATFORMS);

/** Only what a line says besides the defaults. */
function said(line: string, effect: Effect = 'allow') {
  const answer = read(line, effect);
  if (!answer.ok) return answer.why;
  const { effect: _effect, ...terms } = answer.terms;
  const plain = { in: null, from: null, on: null, approvals: 1, reason: null, forMs: null };
  const defaults: Record<string, unknown> = { ...plain, uses: null };
  return Object.fromEntries(
    Object.entries(terms).filter(([key, value]) => !(key in defaults) || value !== defaults[key]),
  );
}

test.each<[string, object]>([
  ['npm test', { pattern: 'npm test' }],
  ['npm test for 2h', { pattern: 'npm test', forMs: 2 * HOUR }],
  ['npm test for 1h30m', { pattern: 'npm test', forMs: 90 * MINUTE }],
  ['npm test for 2 hours', { pattern: 'npm test', forMs: 2 * HOUR }],
  ['npm test for 1 day 2 hours', { pattern: 'npm test for 1 day 2 hours' }],
  ['npm test for 3 uses', { pattern: 'npm test', uses: 3 }],
  ['npm test uses 5', { pattern: 'npm test', uses: 5 }],
  ['npm test uses 5 for 2d', { pattern: 'npm test', uses: 5, forMs: 2 * DAY }],
  ['npm test in ~/code/**', { pattern: 'npm test', in: '~/code/**' }],
  ['npm test in /srv/app/', { pattern: 'npm test', in: '/srv/app' }],
  ['npm test in "/srv/my app"', { pattern: 'npm test', in: '/srv/my app' }],
  ['npm test in /', { pattern: 'npm test', in: '/' }],
  ['npm test from telegram:12', { pattern: 'npm test', from: 'telegram:12' }],
  ['npm test from telegram:*', { pattern: 'npm test', from: 'telegram:*' }],
  ['npm test on telegram', { pattern: 'npm test', on: 'telegram' }],
  [
    "npm test FOR 2h because it's late, for 3 uses",
    { pattern: 'npm test', forMs: 2 * HOUR, reason: "it's late, for 3 uses" },
  ],
  [
    'npm run test:* for 2h uses 5 in ~/code from telegram:1 on telegram because of CI',
    {
      pattern: 'npm run test:*',
      forMs: 2 * HOUR,
      uses: 5,
      in: '~/code',
      from: 'telegram:1',
      on: 'telegram',
      reason: 'of CI',
    },
  ],
])('%s', (line, terms) => {
  expect(said(line)).toEqual(terms);
});

test.each([
  'grep for file',
  'grep -r x in src',
  'echo turn it on light',
  'cp here from there',
  'seq 1 uses many',
  'echo for 2 fortnights',
  'echo because',
])('%s is all command', (line) => {
  expect(said(line)).toEqual({ pattern: line });
});

describe('quotes protect', () => {
  test.each([
    ['echo "for 2h"', 'echo "for 2h"'],
    ['echo "for" 2h', 'echo "for" 2h'],
    ["echo 'because' of it", "echo 'because' of it"],
    ['git commit -m "work in /tmp"', 'git commit -m "work in /tmp"'],
  ])('%s', (line, pattern) => {
    expect(said(line)).toEqual({ pattern });
  });

  test('and conditions behind them are read', () => {
    expect(said('echo "for 2h" for 1h')).toEqual({ pattern: 'echo "for 2h"', forMs: HOUR });
  });
});

describe('an expression that denies', () => {
  test('keeps its quotes, and takes conditions', () => {
    expect(said('/rm ["x]/ for 2h', 'deny')).toEqual({ pattern: '/rm ["x]/', forMs: 2 * HOUR });
    expect(said('/usr/bin/x in /tmp/', 'deny')).toEqual({ pattern: '/usr/bin/x', in: '/tmp' });
  });
});

test('how many must approve goes with ask', () => {
  expect(said('npm publish by 2', 'ask')).toEqual({ pattern: 'npm publish', approvals: 2 });
  expect(said('npm publish by 2')).toMatch(/that is for `!ask`/);
  expect(said('npm publish by 0', 'ask')).toMatch(/from 1 to 20 people/);
  expect(said('npm publish by 21', 'ask')).toMatch(/from 1 to 20 people/);
});

test.each([
  ['npm test for 2x', /for 2x: write a time such as 30m/],
  ['npm test for 0m', /for 0m: a minute is the shortest/],
  ['npm test for 30s', /a minute is the shortest/],
  ['npm test for 91d', /at most 90 days/],
  ['npm test for 1h1h', /write a time such as/],
  ['npm test uses 0', /from 1 to 1000 uses/],
  ['npm test uses 1001', /from 1 to 1000 uses/],
  ['npm test in /srv/../etc', /without \. or \.\./],
  ['npm test for 1h for 2h', /`for` is given twice/],
  ['for 2h', /which commands\?/],
  ['in /tmp for 2h', /which commands\?/],
  ['', /which commands\?/],
])('%s is an error that says what to do', (line, why) => {
  expect(said(line)).toMatch(why);
});

test('a condition in the middle is told to be a part of the command', () => {
  const answer = read('echo for 2h please');
  expect(answer).toMatchObject({
    ok: true,
    terms: { pattern: 'echo for 2h please', forMs: null },
    notes: ['`for 2h` is a part of the command here: conditions stand at the end.'],
  });
  expect(read('npm test for 2h')).toMatchObject({ notes: [] });
  expect(read('npm test from eve')).toMatchObject({
    terms: { pattern: 'npm test from eve' },
    notes: [
      '`from eve` is a part of the command here: a condition would be from platform:id, such as from telegram:123456.',
    ],
  });
  expect(read('npm test "from" eve')).toMatchObject({ notes: [] });
});

test('quotes and dashes as phones write them are pointed out', () => {
  expect(read('echo “for 2h”')).toMatchObject({
    terms: { pattern: 'echo “for 2h”' },
    notes: [expect.stringMatching(/^It holds “, which a phone may have put there/)],
  });
  expect(read('git log —oneline')).toMatchObject({ notes: [expect.stringMatching(/It holds —/)] });
});
