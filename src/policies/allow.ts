// Whether allow rules cover a whole command with all that it runs in turn. Only ever says yes where
// every part is spelled out by a rule or harmless; every other answer carries its reason.

import { assignmentDanger } from './assignments.ts';
import { bareDanger, danger } from './dangers.ts';
import { hiddenRule, stdinDanger } from './hidden.ts';
import { outsideReason } from './inside.ts';
import { type Coverage, matchAllow } from './match-allow.ts';
import { pathMatchAllow, wordText } from './paths.ts';
import type { ReadCommand } from './read-line.ts';
import { inScope, type RuleEntry, type RuleScope, type RuleSet } from './rules.ts';
import { programName, type Unwrapped, unwrap, WRAPPER_DEPTH } from './unwrap.ts';
import type { ReadWord } from './word.ts';
import { CARRIERS } from './wrappers.ts';

/** Where and by which rules a command is judged. */
export interface Scope extends RuleScope {
  readonly rules: RuleSet;
}

export type AllowOutcome =
  | {
      readonly covered: true;
      readonly rules: readonly RuleEntry[];
      /** Which rule covered which command. */
      readonly ruleOf: ReadonlyMap<ReadCommand, RuleEntry>;
      /** `NAME=value` that the covering rule names. */
      readonly assignments: readonly string[];
      /** The rule spells out every word. */
      readonly exact: boolean;
    }
  | { readonly covered: false; readonly why: string };

/** What the allow rules say of this command. */
export function coverCommand(command: ReadCommand, scope: Scope, depth = 0): AllowOutcome {
  if (command.words.length === 0) return covered([], new Map(), [], false);
  if (command.words[0]?.text === null) return no('the command name cannot be known before it runs');
  if (depth > WRAPPER_DEPTH) return no('too many wrappers in each other');
  const unwrapped = unwrap(command);
  if (unwrapped?.stdin === true) return no('a shell that reads its program from standard input');
  const given = stdinDanger(command);
  if (given !== null) return no(given);
  let why: string | null = null;
  const inside = innerOutcomes(scope, depth);
  for (const [entry, coverage, assignments] of matching(command, scope)) {
    const outcome = coverWith(
      command,
      unwrapped,
      entry,
      coverage,
      assignments,
      scope,
      inside,
      depth,
    );
    if (outcome.covered) return outcome;
    why ??= `${entry.written} does not cover it: ${outcome.why}`;
  }
  if (unwrapped?.transparent && unwrapped.opaque === null && unwrapped.inner.length > 0) {
    const inner = unwrapped.inner.map(inside);
    const bad = inner.find((outcome) => !outcome.covered);
    if (bad === undefined) return joined(inner, null, command, [], false);
  }
  return no(why ?? `no rule allows ${shownName(command)}`);
}

type InnerOutcome = (inner: ReadCommand) => AllowOutcome;

/** What the rules say of each inner command by itself, found once however many rules ask. */
function innerOutcomes(scope: Scope, depth: number): InnerOutcome {
  const known = new Map<ReadCommand, AllowOutcome>();
  return (inner) => {
    const outcome = known.get(inner) ?? coverCommand(inner, scope, depth + 1);
    known.set(inner, outcome);
    return outcome;
  };
}

function shownName(command: ReadCommand): string {
  const text = command.words.map((word) => word.text ?? '?').join(' ');
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function no(why: string): AllowOutcome {
  return { covered: false, why };
}

function covered(
  rules: readonly RuleEntry[],
  ruleOf: ReadonlyMap<ReadCommand, RuleEntry>,
  assignments: readonly string[],
  exact: boolean,
): AllowOutcome {
  return { covered: true, rules, ruleOf, assignments, exact };
}

/** Allow rules that match the words, file rules with a command among them. */
function* matching(
  command: ReadCommand,
  scope: Scope,
): Generator<[RuleEntry, Coverage, readonly string[]]> {
  const { compiled } = scope.rules;
  for (const { entry, pattern } of compiled.allow.candidates(command, scope)) {
    if (pattern.kind !== 'command' || !inScope(entry, scope)) continue;
    const named = pattern.command.assignments;
    if (!named.every((text) => given(command).includes(text))) continue;
    const coverage = matchAllow(pattern.command, command, !compiled.restricts);
    if (coverage !== null) yield [entry, coverage, named];
  }
  const [redirect] = command.redirects;
  const target = redirect === undefined ? null : wordText(redirect.target, scope);
  if (redirect === undefined || target === null) return;
  for (const rule of compiled.files.allow[redirect.access].allowing(target, scope)) {
    const { entry, pattern } = rule;
    if (pattern.kind !== 'path' || pattern.command === null || !inScope(entry, scope)) continue;
    const all = command.redirects.every((one) => pathMatchAllow(pattern, command, one, scope));
    const coverage = all ? matchAllow(pattern.command, command, false) : null;
    if (coverage !== null) yield [entry, coverage, []];
  }
}

function given(command: ReadCommand): string[] {
  return command.assignments.map((a) => `${a.name}=${a.value.text ?? ''}`);
}

function coverWith(
  command: ReadCommand,
  unwrapped: Unwrapped | null,
  entry: RuleEntry,
  coverage: Coverage,
  assignments: readonly string[],
  scope: Scope,
  inside: InnerOutcome,
  depth: number,
): AllowOutcome {
  if (depth === 0 && entry.pattern === '*' && scope.rules.compiled.restricts) {
    const hidden = hiddenRule(command, scope.rules, scope);
    if (hidden !== null) return no(`its words speak of what ${hidden} is about`);
  }
  if (entry.dangerous && unwrapped?.opaque && !unwrapped.loose) return no(unwrapped.opaque);
  const literal = entry.dangerous ? new Set(command.words) : coverage.literal;
  if (entry.paths === 'inside') {
    const outside = outsideReason(command.words, coverage.literal, scope);
    if (outside !== null) return no(outside);
  }
  const ruleOf = new Map([[command, entry]]);
  const alone = command.words.length === 1 && entry.pattern.endsWith(' *') && !entry.dangerous;
  const bare = alone ? bareDanger(command.words[0]?.text ?? '') : null;
  if (bare !== null) return no(bare);
  if (command.words.slice(1).every((word) => literal.has(word))) {
    return covered([entry], ruleOf, assignments, true);
  }
  const launched =
    unwrapped?.loose === true && CARRIERS.has(programName(command.words[0]?.text ?? ''));
  if (unwrapped === null || launched) {
    const why = danger(command.words, literal, scope);
    return why === null ? covered([entry], ruleOf, assignments, false) : no(why);
  }
  if (unwrapped.opaque !== null) return no(unwrapped.opaque);
  if (unwrapped.inner.length > 1 && unwrapped.inner.some(changesDirectory)) {
    return no('it changes the directory inside a script');
  }
  const outer = outerDanger(command, unwrapped, literal);
  if (outer !== null) return no(outer);
  if (unwrapped.inner.length === 0) return covered([entry], ruleOf, assignments, false);
  const inner = unwrapped.inner.map((one) =>
    coverInner(one, entry, literal, unwrapped, scope, inside),
  );
  const bad = inner.find((outcome) => !outcome.covered);
  if (bad !== undefined) return bad;
  return joined(inner, entry, command, assignments, false);
}

function changesDirectory(command: ReadCommand): boolean {
  return /^(?:cd|pushd|popd)$/.test(command.words[0]?.text ?? '');
}

/** The wrapper's own words before the command have to be named by the rule. */
function outerDanger(
  command: ReadCommand,
  unwrapped: Unwrapped,
  literal: ReadonlySet<ReadWord>,
): string | null {
  if (unwrapped.transparent) return null;
  const innerWords = new Set(unwrapped.inner.flatMap((one) => one.words));
  for (const word of command.words.slice(1)) {
    if (literal.has(word) || innerWords.has(word) || word === unwrapped.script) continue;
    if (/^[A-Za-z_]\w*=/.test(word.text ?? '')) continue;
    return `${word.text ?? 'a word'} of ${command.words[0]?.text} is not covered by a wildcard`;
  }
  return null;
}

function coverInner(
  inner: ReadCommand,
  entry: RuleEntry,
  literal: ReadonlySet<ReadWord>,
  outer: Unwrapped,
  scope: Scope,
  inside: InnerOutcome,
): AllowOutcome {
  for (const assignment of inner.assignments) {
    const why = assignmentDanger(assignment);
    if (why !== null) return no(why);
  }
  if (inner.redirects.length > 0 && outer.script === null) return no('it opens files');
  const first = inner.words[0];
  if (first !== undefined && literal.has(first)) {
    const deeper = unwrap(inner);
    const why =
      deeper === null ? danger(inner.words, literal, scope) : 'a wrapper inside a wrapper';
    if (why === null) return covered([entry], new Map([[inner, entry]]), [], false);
  }
  if (outer.privileged)
    return no('a rule for the command does not cover running it with other rights');
  return inside(inner);
}

function joined(
  inner: readonly AllowOutcome[],
  entry: RuleEntry | null,
  command: ReadCommand,
  assignments: readonly string[],
  exact: boolean,
): AllowOutcome {
  const rules = entry === null ? [] : [entry];
  const ruleOf = new Map(entry === null ? [] : [[command, entry]]);
  for (const outcome of inner) {
    if (!outcome.covered) return outcome;
    rules.push(...outcome.rules.filter((rule) => !rules.includes(rule)));
    for (const [one, rule] of outcome.ruleOf) ruleOf.set(one, rule);
  }
  return covered(rules, ruleOf, assignments, exact);
}
