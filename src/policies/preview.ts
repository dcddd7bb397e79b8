// What a rule would do, told before it is stored: how it was understood, which of the newest
// requests it would have caught, and why it should be confirmed. Pure: it stores nothing.
import type { Action } from '../bus/action.ts';
import { admit } from './admission.ts';
import { describePattern, type PatternMeaning } from './describe-pattern.ts';
import type { Glob } from './glob.ts';
import { HARMLESS_PROGRAMS } from './harmless.ts';
import { type JudgeContext, judge } from './judge.ts';
import { type Pattern, readPattern } from './pattern.ts';
import type { RuleTerms } from './rule-terms.ts';
import { buildRuleSet, type RuleSet, type RuleSource, withGrants } from './rules.ts';
import { programName } from './unwrap.ts';

/** A request of the past, as it was judged then. */
export interface PastRequest {
  readonly id: string;
  readonly action: Action;
  readonly context: JudgeContext;
  readonly rejected: boolean;
}

/** A rule with all that somebody should know before it is stored. */
export interface RulePreview {
  /** The pattern in Countersign's own form. */
  readonly pattern: string;
  /** Stored in spite of what it lets through, because the file permits it. */
  readonly dangerous: boolean;
  readonly meaning: PatternMeaning | null;
  /** How many of the newest requests were looked at. */
  readonly requests: number;
  /** Ids of those that it would have caught, and of those among them that people rejected. */
  readonly matched: readonly string[];
  readonly rejected: readonly string[];
  /** Why it is only stored once it is confirmed; empty where it is stored at once. */
  readonly broad: readonly string[];
}

export type Previewed =
  | { readonly ok: true; readonly preview: RulePreview }
  | { readonly ok: false; readonly why: string };

/** An allow rule with wildcards that covers more of the newest requests than this is broad. */
const MANY_REQUESTS = 20;

/** Previews a rule; refused where it must not be stored. */
export function previewRule(
  terms: RuleTerms,
  options: {
    readonly past: readonly PastRequest[];
    readonly rules: RuleSet;
    readonly dangerousPermitted: boolean;
  },
): Previewed {
  const admission = admit(terms.effect, terms.pattern, options.dangerousPermitted);
  if (!admission.admitted) return { ok: false, why: admission.why };
  const { pattern, dangerous } = admission;
  const source: RuleSource = {
    effect: terms.effect,
    pattern,
    in: terms.in,
    from: terms.from,
    on: terms.on,
    dangerous,
  };
  const caught = caughtBy(source, options.rules, options.past);
  const rejected = caught.filter((request) => request.rejected).map(({ id }) => id);
  const preview: RulePreview = {
    pattern,
    dangerous,
    meaning: describePattern(terms.effect, pattern),
    requests: options.past.length,
    matched: caught.map(({ id }) => id),
    rejected,
    broad: terms.effect === 'allow' ? broadReasons(pattern, dangerous, caught, rejected) : [],
  };
  return { ok: true, preview };
}

/** The requests that a rule catches, alone or, for allow, together with the rules in force. */
export function caughtBy(
  source: RuleSource,
  rules: RuleSet,
  past: readonly PastRequest[],
): readonly PastRequest[] {
  const effect = source.effect === 'allow' ? 'allow' : 'deny';
  const alone = buildRuleSet([{ ...source, effect }], '');
  if (effect === 'deny') {
    return past.filter(({ action, context }) => judge(action, alone, context).effect === 'deny');
  }
  const together = withGrants(rules, [source], '');
  return past.filter(({ action, context }) => {
    if (judge(action, alone, context).effect === 'allow') return true;
    // A line of several commands, of which the rules cover the others already.
    return (
      judge(action, together, context).effect === 'allow' &&
      judge(action, rules, context).effect !== 'allow'
    );
  });
}

function broadReasons(
  pattern: string,
  dangerous: boolean,
  caught: readonly PastRequest[],
  rejected: readonly string[],
): string[] {
  const reasons: string[] = [];
  const read = readPattern(pattern).pattern;
  if (dangerous) reasons.push('it is dangerous, and the policy file permits such rules');
  const open = openWildcard(read);
  if (open !== null) reasons.push(open);
  if (rejected.length > 0) {
    const count = rejected.length === 1 ? 'one request' : `${rejected.length} requests`;
    reasons.push(`it covers ${count} that people rejected`);
  }
  const distinct = new Set(caught.map(({ action }) => JSON.stringify(action)));
  if (hasWildcard(read) && distinct.size > MANY_REQUESTS) {
    reasons.push(`it covers ${distinct.size} different requests of late`);
  }
  return reasons;
}

/** Why a pattern by itself is broad, or null. */
export function openWildcard(pattern: Pattern): string | null {
  if (pattern.kind === 'path') {
    const { pieces } = pattern.path;
    const deep = pieces.some(({ kind }) => kind === 'globstar');
    const bare = pieces[0]?.kind === 'star';
    if (pattern.access === 'write' && (deep || bare)) return 'it lets many files be written';
    return deep ? 'it lets all files of a folder be read' : null;
  }
  if (pattern.kind !== 'command') return null;
  const [first, second] = pattern.command.words;
  if (first?.literal === null || first === undefined) return 'it does not name its program';
  const open = second === undefined ? pattern.command.rest : isAnyWord(second);
  if (!open || HARMLESS_PROGRAMS.has(programName(first.literal))) return null;
  return `anything may follow ${first.literal}`;
}

/** Wildcards alone, such as `*` and `?*`. */
function isAnyWord({ pieces }: Glob): boolean {
  return pieces.length > 0 && pieces.every(({ kind }) => kind !== 'text');
}

function hasWildcard(pattern: Pattern): boolean {
  if (pattern.kind !== 'command') return true;
  return pattern.command.rest || pattern.command.words.some(({ literal }) => literal === null);
}
