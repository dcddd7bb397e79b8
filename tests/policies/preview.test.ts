// What is told of a rule before it is stored, and when it must be confirmed.
import { describe, expect, test } from 'vitest';
import type { Effect } from '../../src/bus/messages.ts';
import { describePattern } from '../../src/policies/describe-pattern.ts';
import { type PastRequest, previewRule } from '../../src/policies/preview.ts';
import type { RuleTerms } from '../../src/policies/rule-terms.ts';
import { compileRules } from '../../src/policies/rules.ts';

const PLAIN = { in: null, from: null, on: null, approvals: 1, reason: null, forMs: null };

function terms(effect: Effect, pattern: string, more: Partial<RuleTerms> = {}): RuleTerms {
  return { effect, pattern, ...PLAIN, uses: null, ...more };
}

function past(lines: readonly string[], rejected: readonly string[] = []): PastRequest[] {
  const frame = { cwd: '/w', env: {}, stdinDigest: null, sandbox: 'strict' } as const;
  const context = { requester: 'telegram:1', platform: 'telegram', cwd: '/w', home: '/home/ana' };
  return [...lines, ...rejected].map((command, i) => ({
    id: `R${i}`,
    action: { kind: 'shell', command, ...frame },
    context,
    rejected: i >= lines.length,
  }));
}

function preview(
  wanted: RuleTerms,
  requests: PastRequest[] = [],
  rules = compileRules({}),
  dangerousPermitted = false,
) {
  const answer = previewRule(wanted, { past: requests, rules, dangerousPermitted });
  if (!answer.ok) throw new Error(answer.why);
  return answer.preview;
}

describe('of the newest requests', () => {
  const requests = past(
    ['git status', 'git status -s', 'npm test', 'git status && npm test', 'git status; rm -rf x'],
    ['git status --porcelain'],
  );

  test('an allow rule names those that would have run, and the rejected ones', () => {
    expect(preview(terms('allow', 'git status *'), requests)).toMatchObject({
      requests: 6,
      matched: ['R0', 'R1', 'R5'],
      rejected: ['R5'],
    });
  });

  test('together with the rules in force it covers whole lines', () => {
    const rules = compileRules({ allow: ['npm test'] });
    expect(preview(terms('allow', 'git status *'), requests, rules).matched).toEqual([
      'R0',
      'R1',
      'R3',
      'R5',
    ]);
  });

  test('a deny or ask rule names those that it catches', () => {
    expect(preview(terms('deny', 'rm *'), requests).matched).toEqual(['R4']);
    expect(preview(terms('ask', 'npm test'), requests).matched).toEqual(['R2', 'R3']);
  });

  test('conditions count', () => {
    const here = terms('allow', 'npm test', { in: '/w' });
    expect(preview(here, requests).matched).toEqual(['R2']);
    expect(preview({ ...here, in: '/v' }, requests).matched).toEqual([]);
    expect(preview({ ...here, from: 'telegram:2' }, requests).matched).toEqual([]);
    expect(preview({ ...here, on: 'console' }, requests).matched).toEqual([]);
    expect(preview({ ...here, in: '~/**' }, requests).matched).toEqual([]);
  });
});

describe('a rule must be confirmed', () => {
  const broad = (wanted: RuleTerms, requests: PastRequest[] = []) =>
    preview(wanted, requests).broad;

  test.each([
    'git *',
    'npm *',
    'docker * ps',
    'npm ?*',
    './deploy *',
    'write **',
    'write *',
    'read ~/**',
  ])('allow: %s is broad in itself', (pattern) => {
    expect(broad(terms('allow', pattern))).toHaveLength(1);
  });

  test.each(['git status *', 'npm run test:*', 'ls *', 'uname *', 'npm test', 'read *.md'])(
    'allow: %s is not',
    (pattern) => {
      expect(broad(terms('allow', pattern))).toEqual([]);
    },
  );

  test('when it covers what people rejected', () => {
    expect(broad(terms('allow', 'npm test'), past([], ['npm test']))).toEqual([
      'it covers one request that people rejected',
    ]);
  });

  test('when a wildcard covers very many different requests', () => {
    const many = Array.from({ length: 21 }, (_, i) => `npm run test:${i}`);
    expect(broad(terms('allow', 'npm run test:*'), past(many))).toEqual([
      'it covers 21 different requests of late',
    ]);
    expect(broad(terms('allow', 'npm run test:*'), past(many.slice(1)))).toEqual([]);
    const same = Array.from({ length: 30 }, () => 'npm test');
    expect(broad(terms('allow', 'npm test'), past(same))).toEqual([]);
  });

  test('when it is dangerous and the file permits it', () => {
    const wanted = terms('allow', 'sudo *');
    expect(
      previewRule(wanted, { past: [], rules: compileRules({}), dangerousPermitted: false }),
    ).toMatchObject({ ok: false, why: expect.stringMatching(/any other program/) });
    expect(preview(wanted, [], compileRules({}), true)).toMatchObject({
      dangerous: true,
      broad: [
        'it is dangerous, and the policy file permits such rules',
        'anything may follow sudo',
      ],
    });
  });

  test('what restricts is never held up', () => {
    expect(broad(terms('deny', 'git *'))).toEqual([]);
    expect(broad(terms('ask', '*'))).toEqual([]);
  });
});

test.each<[Effect, string, object]>([
  [
    'allow',
    'npm run test:*',
    {
      sentence: 'npm run, then a word like test:*, and nothing more',
      matches: ['npm run test:some'],
      not: ['npm run test:some more', 'npm run other'],
    },
  ],
  [
    'allow',
    'git log *',
    {
      sentence:
        'git log, then any further words or none, as far as they run, load or write nothing else',
      matches: ['git log', 'git log some'],
      not: ['git other', 'git'],
    },
  ],
  [
    'deny',
    'rm -rf *',
    {
      sentence: 'rm -rf, then any further words or none',
      matches: ['rm -rf some', 'sudo rm -rf some'],
      not: ['rm other', 'rm'],
    },
  ],
  [
    'deny',
    'write /etc/**',
    { sentence: 'writing /etc/**', matches: ['echo x > /etc/some', 'cat > /etc/some'], not: [] },
  ],
  ['deny', '/curl.*sh/', { sentence: 'any line in which /curl.*sh/ is found' }],
  ['deny', '*', { sentence: 'every command there is' }],
])('%s: %s in plain words, with lines that were judged', (effect, pattern, meaning) => {
  expect(describePattern(effect, pattern)).toMatchObject(meaning);
});

test('a pattern that means nothing is not explained', () => {
  expect(describePattern('allow', 'echo "x')).toBeNull();
});
