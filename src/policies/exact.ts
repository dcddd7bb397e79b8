// Which rules would let exactly this action run, and nothing else: what "allow exactly this for an
// hour" stores. Verified by judging; null wherever such rules would not be the whole answer.
import type { Action } from '../bus/action.ts';
import type { Judgement } from '../bus/messages.ts';
import { coverCommand } from './allow.ts';
import { assignmentDanger } from './assignments.ts';
import { type JudgeContext, judge } from './judge.ts';
import { resolvePath } from './paths.ts';
import { exactPattern, quoteWord } from './quote.ts';
import { readAction } from './read-action.ts';
import type { ReadCommand } from './read-line.ts';
import { type RuleSet, type RuleSource, withGrants } from './rules.ts';

/** Commands of one line beyond which nobody oversees what "exactly this" is. */
const MOST_COMMANDS = 10;

/**
 * Patterns that, as allow rules in this directory for this requester, make the action run unasked.
 * Null where anything but a missing rule makes it ask, or where they would allow anything else.
 */
export function exactRules(
  action: Action,
  judgement: Judgement,
  rules: RuleSet,
  context: JudgeContext,
): string[] | null {
  if (judgement.effect !== 'ask' || !judgement.understood) return null;
  // No rule speaks of what comes on standard input or with the environment.
  if (action.stdinDigest !== null || Object.keys(action.env).length > 0) return null;
  // As globs they would mean more than themselves.
  if (/[*?]/.test(context.cwd) || /[*?]/.test(context.requester)) return null;
  const fresh = judge(action, rules, context);
  if (fresh.effect !== 'ask' || !fresh.understood) return null;
  // What somebody else than the rules found in it, no rule answers.
  if (judgement.findings.some(({ severity }) => severity !== 'note')) return null;
  if (judgement.reasons.some((reason) => !fresh.reasons.includes(reason))) return null;
  const scope = { ...context, rules };
  const text = action.kind === 'shell' ? action.command : action.argv.join(' ');
  const patterns: string[] = [];
  for (const command of readAction(action, text).commands) {
    if (typeof command.stdin === 'string') return null;
    // A rule that names such an assignment would permit what was asked about for another reason.
    if (command.assignments.some((one) => assignmentDanger(one) !== null)) return null;
    if (command.words.length === 0) {
      if (command.redirects.length > 0) return null;
      continue;
    }
    const opens = command.redirects.some(({ written }) => blocks(written, fresh));
    if (coverCommand(command, scope).covered && !opens) continue;
    const pattern = exactly(command, opens, context);
    if (pattern === null) return null;
    patterns.push(pattern);
  }
  const exact = [...new Set(patterns)];
  if (exact.length === 0 || exact.length > MOST_COMMANDS) return null;
  return judge(action, withAllowed(rules, exact, context), context).effect === 'allow'
    ? exact
    : null;
}

function blocks(written: string, { reasons }: Judgement): boolean {
  return reasons.includes(`no rule allows the redirection ${written}`);
}

/** The words of a command as a pattern, with the file that it opens where there is just one. */
function exactly(command: ReadCommand, opens: boolean, context: JudgeContext): string | null {
  const words = command.words.map(({ text }) => text);
  if (!words.every((word) => word !== null)) return null;
  const assignments = command.assignments.map(({ name, value }) => ({ name, value: value.text }));
  if (!assignments.every(hasValue)) return null;
  const plain = exactPattern(words, opens ? [] : assignments);
  if (!opens) return plain;
  const [redirect, ...more] = command.redirects;
  const target = redirect?.target.text ?? null;
  if (plain === null || redirect === undefined || target === null || more.length > 0) return null;
  if (assignments.length > 0 || /[*?]/.test(target)) return null;
  // A pattern does not tell `>>` from `>`: to append would become to overwrite.
  if (!/^[<>](?![<>&|])/.test(redirect.written)) return null;
  // A bare name would mean files of that name in every folder below.
  const path = quoteWord(resolvePath(target, context));
  return `${plain} ${redirect.access === 'read' ? '<' : '>'} ${path}`;
}

function hasValue(one: { name: string; value: string | null }): one is {
  name: string;
  value: string;
} {
  return one.value !== null;
}

function withAllowed(rules: RuleSet, patterns: readonly string[], context: JudgeContext): RuleSet {
  const added = patterns.map(
    (pattern): RuleSource => ({
      effect: 'allow',
      pattern,
      in: context.cwd,
      from: context.requester,
    }),
  );
  return withGrants(rules, added, rules.version);
}
