// What would have to change for a line to run unasked.
import { expect, test } from 'vitest';
import type { Action } from '../../src/bus/action.ts';
import { judge } from '../../src/policies/judge.ts';
import { remedyLines } from '../../src/policies/remedy.ts';
import { compileRules } from '../../src/policies/rules.ts';

const RULES = compileRules({ allow: ['git status'], ask: ['git push'], deny: ['shutdown *'] });
const CONTEXT = { requester: 'cli:x', platform: 'cli', cwd: '/w', home: null };

function remedy(command: string): string[] {
  const frame = { cwd: '/w', env: {}, stdinDigest: null, sandbox: 'strict' } as const;
  const action: Action = { kind: 'shell', command, ...frame };
  const judgement = judge(action, RULES, CONTEXT);
  return remedyLines({ action, judgement, context: CONTEXT }, RULES, (one) => `!allow ${one}`);
}

test.each<[string, string[]]>([
  ['git status', []],
  ['git status && npm test', ['To have exactly this run unasked:', '  !allow npm test']],
  ['sudo shutdown now', ['It stays denied while this rule is there:', '  1. deny: shutdown *']],
  [
    'git push -f',
    ['However it is allowed, it is asked while this is there:', '  2. ask: git push'],
  ],
  ['npm $X', ['No rule can allow it: what cannot be known before it runs is always asked.']],
  ['LD_PRELOAD=/x npm', ['No rule can allow it as it stands: see the reasons above.']],
])('%s', (line, lines) => {
  expect(remedy(line)).toEqual(lines);
});

test('what the guard denies has no rule to name', () => {
  const frame = { cwd: '/w', env: {}, stdinDigest: null, sandbox: 'strict' } as const;
  const action: Action = { kind: 'shell', command: 'npm test', ...frame };
  const judgement = { ...judge(action, RULES, CONTEXT), effect: 'deny' as const, used: [] };
  expect(remedyLines({ action, judgement, context: CONTEXT }, RULES, (one) => one)).toEqual([
    'No rule can allow it: see the reasons above.',
  ]);
});
