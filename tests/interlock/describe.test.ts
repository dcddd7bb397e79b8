// What people read about approvals says what is so, and a shown argv reads back as itself.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandText } from '../../src/bus/command-text.ts';
import { decided, describeDecided, standing } from '../../src/interlock/describe.ts';
import type { Decided } from '../../src/interlock/interlock.ts';
import { FROZEN, inState, PENDING } from './cases.ts';

const frame = { ...FROZEN.action, kind: 'exec' as const };
const shown = (argv: string[]) => commandText({ ...frame, argv });

describe('an argv as text', () => {
  test('reads back in bash as the very same words', () => {
    const word = fc
      .string({ unit: 'grapheme', maxLength: 12 })
      .filter((text) => text.isWellFormed() && !text.includes('\0'));
    const argv = fc.array(word, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(argv, { minLength: 1, maxLength: 50 }), (all) => {
        const script = all.map((words) => `printf '%s\\0' ${shown(words)}\n`).join('');
        const output = execFileSync('bash', ['--norc'], { input: script, encoding: 'utf8' });
        expect(output.split('\0').slice(0, -1)).toEqual(all.flat());
      }),
      { numRuns: 30 },
    );
  });

  test('is no assignment and no keyword where the name of the program stands', () => {
    expect(shown(['A=b', 'make', 'X=1'])).toBe("'A=b' make X=1");
    expect(shown(['time', 'time'])).toBe("'time' time");
    expect(shown(['', '!', '{', '~'])).toBe("'' '!' '{' '~'");
  });

  test('a shell line is shown as it is', () => {
    const { argv: _argv, ...rest } = frame as typeof frame & { argv?: string[] };
    expect(commandText({ ...rest, kind: 'shell', command: 'ls  | wc' })).toBe('ls  | wc');
  });
});

test('every state has its line', () => {
  const lines = (
    ['pending', 'approved', 'running', 'succeeded', 'unknown', 'revoked'] as const
  ).map((state) => standing(inState(state)));
  expect(lines).toEqual([
    'waits for approval until 2023-11-14 22:43 UTC',
    'approved by telegram:anna at 2023-11-14 22:13 UTC; waits for a worker',
    'approved by telegram:anna at 2023-11-14 22:13 UTC; running',
    'approved by telegram:anna at 2023-11-14 22:13 UTC; succeeded: exit code 0',
    'approved by telegram:anna at 2023-11-14 22:13 UTC; outcome unknown: exit code 0',
    'revoked by telegram:abel at 2023-11-14 22:13 UTC',
  ]);
  expect(decided(PENDING)).toBe('not decided');
});

test('whoever decides is told what came of it, and who was first', () => {
  const digest = FROZEN.digest.slice(0, 12);
  const refused = (
    refusal: Extract<Decided, { kind: 'refused' }>['refusal'],
    state: 'approved' | 'pending',
  ) => describeDecided({ kind: 'refused', refusal, approval: inState(state) }, 'approve');
  expect([
    describeDecided({ kind: 'decided', approval: inState('approved') }, 'approve'),
    refused('repeated', 'approved'),
    refused('decided', 'approved'),
    refused('repeated', 'pending'),
    refused('own-action', 'pending'),
    describeDecided({ kind: 'not-found' }, 'reject'),
  ]).toEqual([
    `A0001 is approved by telegram:anna at 2023-11-14 22:13 UTC. It was asked by telegram:rita; digest ${digest}.`,
    'A0001 was already approved by telegram:anna at 2023-11-14 22:13 UTC. Nothing changed.',
    'Too late to approve: A0001 was approved by telegram:anna at 2023-11-14 22:13 UTC. Nothing changed.',
    'You have approved A0001 already; 0 of 1 approvals.',
    'You asked for A0001 yourself: somebody else must approve it.',
    'There is no such approval.',
  ]);
});
