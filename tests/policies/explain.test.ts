// An explanation that a tired person can read.
import { expect, test } from 'vitest';
import { explainLines } from '../../src/policies/explain.ts';
import { judgeLine } from './cases.ts';

test('each command, its rule, and why', () => {
  const judged = judgeLine('git status && sudo rm -rf "$X"', {
    allow: ['git *'],
    deny: ['rm -rf *'],
  });
  expect(explainLines(judged)).toEqual([
    'deny: it never runs',
    'Not everything in it can be known before it runs.',
    'Read as:',
    '  allow: git status',
    '    rule allow: git *',
    '  ask: sudo rm -rf <unknown>',
    '    no rule allows sudo rm -rf ?',
    '  deny: rm -rf <unknown>',
    '    rule deny: rm -rf *',
    'Because:',
    '  rm -rf ?: denied by deny: rm -rf *',
    '  no rule allows sudo rm -rf ?',
  ]);
});

test('a long line is told in part', () => {
  const lines = explainLines(judgeLine(Array(50).fill('ls').join(';'), { allow: ['ls'] }));
  expect(lines).toContain('  and 30 more');
  expect(lines).toHaveLength(1 + 1 + 40 + 1 + 2);
});

test('in brief, nothing is said twice', () => {
  const judged = judgeLine('git status && npm test > out', { allow: ['git status'] });
  expect(explainLines(judged, true)).toEqual([
    'ask: somebody must approve',
    'Read as:',
    '  allow: git status',
    '    rule allow: git status',
    '  ask: npm test',
    '    no rule allows npm test',
    'Because:',
    '  no rule allows the redirection > out',
  ]);
  expect(explainLines(judgeLine('git status', { allow: ['git status'] }), true)).toEqual([
    'allow: it runs without asking',
    'Read as:',
    '  allow: git status',
    '    rule allow: git status',
  ]);
});

test('what the guard only notes is told at the end', () => {
  const judged = judgeLine('git status', { allow: ['git status'] });
  const noted = {
    kind: 'injection',
    severity: 'note',
    where: 'reason',
    codePoint: null,
    reason: 'it tells the approver what to do',
  } as const;
  expect(explainLines({ ...judged, findings: [noted] }).at(-1)).toBe(
    'Note: injection in the reason: it tells the approver what to do',
  );
});
