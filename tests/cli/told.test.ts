// What is told of an approval, and tables: right in every state, and safe whatever the text.
import { describe, expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/run.ts';
import { tableText } from '../../src/cli/table.ts';
import { endLine, localTime, progressLine, roughly, waitingLines } from '../../src/cli/told.ts';
import type { ApprovalForm } from '../../src/gateway/forms.ts';

const NOW = Date.parse('2026-11-20T12:00:00.000Z');

const form = (over: Partial<ApprovalForm>): ApprovalForm => ({
  id: 'K7Q2M',
  digest: 'd'.repeat(64),
  state: 'pending',
  version: 1,
  effect: 'ask',
  standing: 'waits',
  command: 'ls',
  action: {},
  workspace: '/w',
  requester: 'local:1000',
  reason: null,
  created_at: '2026-11-20T12:00:00.000Z',
  expires_at: '2026-11-20T12:30:00.000Z',
  votes_needed: 1,
  votes: [],
  asked: ['telegram:1', 'console:local'],
  reasons: [],
  understood: true,
  findings: [],
  decision: null,
  worker: null,
  started_at: null,
  finished_at: null,
  outcome: null,
  ...over,
});
const decided = (kind: string, reason: string | null) => ({
  kind,
  actor: 'telegram:1' as const,
  at: '2026-11-20T12:01:00.000Z',
  reason,
});
const outcome = (exitCode: number | null, detail: string) => ({
  exit_code: exitCode,
  detail,
  duration_ms: 1,
  omitted_bytes: 0,
  unenforced: [],
});

describe('the exit code of run', () => {
  test.each([
    ['succeeded', outcome(0, 'exit code 0'), 0],
    ['failed', outcome(7, 'exit code 7'), 7],
    ['failed', outcome(137, 'stopped after 300 s'), 137],
    ['failed', outcome(0, 'stopped after 300 s'), 1],
    ['failed', outcome(null, 'no sandbox'), 1],
    ['unknown', outcome(null, 'the worker was lost'), 1],
    ['unknown', null, 1],
    ['rejected', null, 1],
    ['denied', null, 1],
    ['cancelled', null, 1],
    ['revoked', null, 1],
    ['expired', null, 4],
  ])('of %s %j is %i', (state, ended, code) => {
    expect(exitCodeOf(form({ state, outcome: ended }))).toBe(code);
  });
});

describe('the last line', () => {
  test('of an ordinary end is none', () => {
    expect(endLine(form({ state: 'failed', outcome: outcome(7, 'exit code 7') }))).toBeNull();
  });

  test('of an unknown end warns against repeating it blindly', () => {
    expect(endLine(form({ state: 'unknown', outcome: outcome(null, 'the worker was lost') }))).toBe(
      'WARNING: nobody knows how K7Q2M ended: the worker was lost. It may have run, in part or whole, and is not tried again: look before you repeat it.',
    );
  });

  test('shows a reason from outside without letting it paint', () => {
    const reason = 'no\x1b[2J\r\u202e';
    const line = endLine(form({ state: 'rejected', decision: decided('rejected', reason) }));
    expect(line).toBe(
      'K7Q2M was rejected by telegram:1: no⟨U+001B⟩[2J⟨U+000D⟩⟨U+202E⟩. Nothing ran.',
    );
  });
});

test('who waits is told for whom, how many and how long', () => {
  const until = localTime('2026-11-20T12:30:00.000Z', NOW);
  expect(waitingLines(form({ votes_needed: 2 }), NOW)).toBe(
    `K7Q2M waits for approval by telegram:1, console:local (2 approvals are needed) until ${until}, 30 min left.\n` +
      'Answer there, or with `countersign approve K7Q2M`. Ctrl-C takes it back.\n',
  );
  expect(waitingLines(form({ asked: [] }), NOW)).toContain('lists no approvers');
});

test('a vote that is not the last is told as a count', () => {
  const before = form({ votes_needed: 2 });
  const after = form({ votes_needed: 2, votes: [{ actor: 'telegram:1', at: '' }] });
  expect(progressLine(before, after)).toBe('1 of 2 approvals.');
  expect(progressLine(before, before)).toBeNull();
});

test('another day is told with its date', () => {
  const [year, month, day] = [2026, 10, 22];
  const later = new Date(year, month, day, 8, 5);
  expect(localTime(later.toISOString(), NOW)).toBe('2026-11-22 08:05');
});

test.each([
  [-5, '0 s'],
  [89_000, '89 s'],
  [90_000, '2 min'],
  [5_400_000, '2 h'],
  [400_000_000, '5 days'],
])('%i ms are roughly %s', (ms, text) => {
  expect(roughly(ms)).toBe(text);
});

describe('a table', () => {
  const table = {
    heads: ['ID', 'COMMAND', 'BY'],
    rows: [
      ['AAAAA', `echo ${'x'.repeat(60)}`, 'telegram:1'],
      ['BBBBB', 'evil\x1b[31m\nBBBBB  fake  row', 'local:0'],
    ],
    flexible: [1, 2],
  };

  test('is whole where there is no terminal, and one line a row whatever is in it', () => {
    const lines = tableText(table, null).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[2]).toMatch(/^BBBBB {2}evil⟨U\+001B⟩\[31m⟨U\+000A⟩BBBBB {2}fake {2}row/);
    expect(lines[1]).toContain('x'.repeat(60));
  });

  test.each([200, 80, 60, 45])('keeps within %i columns', (columns) => {
    for (const line of tableText(table, columns).split('\n')) {
      expect([...line].length).toBeLessThanOrEqual(columns);
    }
  });

  test.each([30, 20, 8, 1, 0])(
    'stacks its cells on a terminal of %i columns, nothing lost',
    (n) => {
      const text = tableText(table, n);
      expect(text.split('\n')[0]).toBe('AAAAA');
      expect(text.replaceAll(/\s/g, '')).toContain('x'.repeat(60));
      if (n >= 10)
        for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(n);
    },
  );
});
