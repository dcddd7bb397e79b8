// Whether a rule does what its own examples say. Each example is judged by this rule alone,
// wherever and for whomever the rule is meant.
import type { Effect, Judgement } from '../bus/messages.ts';
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

/** An example that does not hold, with how its line was read by the rule alone. */
interface ExampleFailure {
  readonly line: string;
  /** The list that it stands in. */
  readonly list: 'match' | 'not_match';
  readonly judgement: Judgement;
  /** Why it does not match; empty where it does. */
  readonly why: readonly string[];
}

/** What came of the examples of one rule. */
export interface ExampleReport {
  /** `deny: rm -rf *` */
  readonly written: string;
  readonly count: number;
  readonly failures: readonly ExampleFailure[];
}

/** The same, with where the rule stands: `policies.yaml:7`. */
export interface TestedRule extends ExampleReport {
  readonly at: string;
}

/** Judges every example of a rule. */
export function testExamples(source: RuleSource, examples: Examples): ExampleReport {
  const { match = [], not_match: not = [] } = examples;
  const written = `${source.effect}: ${source.pattern}`;
  const count = match.length + not.length;
  if (count === 0) return { written, count, failures: [] };
  // With an ask rule alone everything asks, so what it catches is told by judging it as a deny.
  const effect: Effect = source.effect === 'allow' ? 'allow' : 'deny';
  const { in: _in, from: _from, on: _on, ...everywhere } = source;
  const rules = buildRuleSet([{ ...everywhere, effect }], '');
  const failing = (lines: readonly string[], list: ExampleFailure['list']) =>
    lines
      .map((line): ExampleFailure => {
        const judgement = judgeLine(line, rules);
        const why = list === 'match' ? whyNot(source.effect, judgement) : [];
        return { line, list, judgement, why };
      })
      .filter(({ judgement }) => (judgement.effect === effect) !== (list === 'match'));
  return { written, count, failures: [...failing(match, 'match'), ...failing(not, 'not_match')] };
}

function whyNot(effect: Effect, { reasons }: Judgement): readonly string[] {
  if (effect === 'allow') return reasons;
  // By itself such a rule allows nothing, so only what it may be about is of interest.
  const possible = reasons.some((reason) => reason.includes(': could be what '));
  return [
    possible
      ? 'it could be what the rule is about, which cannot be known before it runs'
      : 'the rule speaks of no command in it',
  ];
}

/** The failures of a report, a line each. */
export function failureLines({ written, failures }: ExampleReport): string[] {
  return failures.map(({ line, list, why }) =>
    list === 'match'
      ? `${written} does not match its example ${JSON.stringify(line)}: ${why[0]}`
      : `${written} matches ${JSON.stringify(line)}, which is in its not_match`,
  );
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
