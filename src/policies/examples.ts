// Whether a rule does what its own examples say. Each example is judged by this rule alone,
// wherever and for whomever the rule is meant.
import type { Effect } from '../bus/messages.ts';
import { judge } from './judge.ts';
import { buildRuleSet, type RuleSet, type RuleSource } from './rules.ts';

/** Lines that a rule must catch, and lines that it must not. */
export interface Examples {
  readonly match?: readonly string[] | undefined;
  readonly not_match?: readonly string[] | undefined;
}

const CONTEXT = {
  requester: 'cli:example',
  platform: 'cli',
  cwd: '/workspace',
  home: '/home/user',
};

/** What is wrong with the examples of a rule; empty when they hold. */
export function exampleProblems(source: RuleSource, examples: Examples): string[] {
  const { match = [], not_match: not = [] } = examples;
  if (match.length + not.length === 0) return [];
  // With an ask rule alone everything asks, so what it catches is told by judging it as a deny.
  const effect: Effect = source.effect === 'allow' ? 'allow' : 'deny';
  const { in: _in, from: _from, on: _on, ...everywhere } = source;
  const rules = buildRuleSet([{ ...everywhere, effect }], '');
  const written = `${source.effect}: ${source.pattern}`;
  const problems: string[] = [];
  for (const line of match) {
    const found = judgeLine(line, rules);
    if (found.effect === effect) continue;
    problems.push(
      `${written} does not match its example ${JSON.stringify(line)}: ${found.reasons[0]}`,
    );
  }
  for (const line of not) {
    if (judgeLine(line, rules).effect !== effect) continue;
    problems.push(`${written} matches ${JSON.stringify(line)}, which is in its not_match`);
  }
  return problems;
}

function judgeLine(command: string, rules: RuleSet) {
  const action = {
    kind: 'shell' as const,
    command,
    cwd: CONTEXT.cwd,
    env: {},
    stdinDigest: null,
    sandbox: 'strict' as const,
  };
  return judge(action, rules, CONTEXT);
}
