// What deny and ask rules say of one command and of one file that it opens: the rules that match
// for certain, and the first that could where words are not known. It only ever restricts.
import { matchStrict, type WordView } from './match-strict.ts';
import { type PathIndex, type SoughtOperands, soughtPath } from './path-index.ts';
import { type FileOperands, fileOperands, operandMatch } from './path-operands.ts';
import { pathMatchStrict, resolvePath, wordText } from './paths.ts';
import type { ReadCommand, ReadRedirect } from './read-line.ts';
import { byNumber } from './rule-trie.ts';
import {
  type CompiledRule,
  inScope,
  type RuleEntry,
  type RuleScope,
  type RuleSet,
} from './rules.ts';

/** Which rules restrict something. */
export interface Restriction {
  readonly denied: RuleEntry | null;
  readonly asked: RuleEntry | null;
  /** The first rule that could match, once what is not known is known. */
  readonly possible: RuleEntry | null;
  /** How many people must approve, by all ask rules that match or could. */
  readonly approvals: number;
}

type Match = 'yes' | 'maybe' | 'no';

/** Deny and ask rules over one simple command. */
export function restrictCommand(
  command: ReadCommand,
  rules: RuleSet,
  scope: RuleScope,
  view: WordView,
  budget: LookBudget,
): Restriction {
  const search = new Search(scope, budget, command.words.length);
  const matches = ({ pattern }: CompiledRule): Match =>
    pattern.kind === 'command' ? matchStrict(pattern.command, command, view) : 'no';
  const { deny, ask, files } = rules.compiled;
  const { opens: opening } = rules.compiled;
  const operands = opening.all.length > 0 ? fileOperands(command, scope, budget.operands) : null;
  const named = operands === null ? [] : openingRules(opening, operands);
  for (const [effect, index] of [['deny', deny] as const, ['ask', ask] as const]) {
    if (index.all.length > 0) {
      const { sure, unsure } = index.candidates(command, view, scope);
      search.sure(sure, matches);
      search.unsure(unsure, matches);
    }
    if (search.denied !== null || operands === null) continue;
    const opens = ({ pattern }: CompiledRule): Match =>
      pattern.kind === 'path' ? operandMatch(pattern, command, scope) : 'no';
    for (const rule of named) if (rule.entry.effect === effect) search.sure([rule], opens);
    for (const access of operands.access) {
      for (const prefix of operands.prefixes) {
        search.unsure(files[effect][access].possible(prefix, scope), opens);
      }
    }
    if (search.denied !== null) break;
  }
  return search;
}

/** The rules about files that could speak of a known operand, in the order of the file. */
function openingRules(index: PathIndex, { access, paths }: FileOperands): readonly CompiledRule[] {
  const found = new Set<CompiledRule>();
  for (const path of paths) index.collect(path, found);
  if (found.size === 0) return [];
  const speaks = ({ pattern }: CompiledRule) =>
    pattern.kind === 'path' && access.includes(pattern.access);
  return [...found].filter(speaks).sort(byNumber);
}

/** Deny and ask rules over one redirection: every one that matches, and the first that could. */
export function restrictRedirect(
  command: ReadCommand,
  redirect: ReadRedirect,
  rules: RuleSet,
  scope: RuleScope,
): {
  readonly certain: readonly RuleEntry[];
  readonly possible: readonly RuleEntry[];
  readonly approvals: number;
} {
  const certain: RuleEntry[] = [];
  const possible: RuleEntry[] = [];
  let approvals = 1;
  const text = wordText(redirect.target, scope);
  const sought = text === null ? null : soughtPath(resolvePath(text, scope), text, scope);
  for (const effect of ['deny', 'ask'] as const) {
    const index = rules.compiled.files[effect][redirect.access];
    const found = new Set<CompiledRule>();
    if (sought !== null) index.collect(sought, found);
    const candidates = text === null ? index.all : [...found].sort(byNumber);
    let listed = false;
    for (const { entry, pattern } of candidates) {
      const moot = listed && text === null && entry.approvals <= approvals;
      if (moot || pattern.kind !== 'path' || !inScope(entry, scope)) continue;
      const match = pathMatchStrict(pattern, command, redirect, scope);
      if (match === 'no') continue;
      if (effect === 'ask') approvals = Math.max(approvals, entry.approvals);
      if (match === 'yes') certain.push(entry);
      else if (!listed) {
        possible.push(entry);
        listed = true;
      }
    }
  }
  return { certain, possible, approvals };
}

/** How much one judgement may still look at, in words of commands compared with a rule. */
export interface LookBudget {
  left: number;
  /** Operands that were looked at before. */
  readonly operands: SoughtOperands;
}

class Search implements Restriction {
  denied: RuleEntry | null = null;
  asked: RuleEntry | null = null;
  possible: RuleEntry | null = null;
  approvals = 1;
  readonly #scope: RuleScope;

  readonly #budget: LookBudget;
  readonly #words: number;

  constructor(scope: RuleScope, budget: LookBudget, words: number) {
    this.#scope = scope;
    this.#budget = budget;
    this.#words = words;
  }

  /** Up to the first that denies. */
  sure(rules: readonly CompiledRule[], matches: (rule: CompiledRule) => Match): void {
    for (const rule of rules) {
      if (this.denied !== null) return;
      this.#look(rule, matches);
    }
  }

  /** None of them matches for certain: one is enough, but for the number of people. */
  unsure(rules: Iterable<CompiledRule>, matches: (rule: CompiledRule) => Match): void {
    if (this.denied !== null) return;
    for (const rule of rules) {
      const { effect, approvals } = rule.entry;
      if (this.possible !== null && effect === 'deny') return;
      if (this.possible !== null && approvals <= this.approvals) continue;
      this.#look(rule, matches);
    }
  }

  #look(rule: CompiledRule, matches: (rule: CompiledRule) => Match): void {
    const { entry } = rule;
    if (!inScope(entry, this.#scope)) return;
    this.#budget.left -= 1 + this.#words;
    // Whatever was not looked at could match: that asks, and never allows.
    const match = this.#budget.left < 0 ? 'maybe' : matches(rule);
    if (match === 'no') return;
    if (entry.effect === 'ask') this.approvals = Math.max(this.approvals, entry.approvals);
    if (match === 'maybe') this.possible ??= entry;
    else if (entry.effect === 'deny') this.denied ??= entry;
    else this.asked ??= entry;
  }
}
