// Deny rules over the raw text: many expressions in one automaton, so that a text is gone through
// once for hundreds of them. It decides nothing.
import { RE2Set } from 're2js';
import type { CompiledRule } from './rules.ts';

/** Expressions in one automaton; more at once take long to put together. */
const TOGETHER = 200;

interface Group {
  readonly rules: readonly CompiledRule[];
  /** Null where they are too large for one automaton. */
  readonly set: RE2Set | null;
}

/** Rules that are regular expressions. */
export class RegexIndex {
  readonly all: readonly CompiledRule[];
  readonly #groups: readonly Group[];

  constructor(rules: readonly CompiledRule[], base: RegexIndex | null = null) {
    this.all = base === null ? rules : [...base.all, ...rules];
    const groups = base === null ? [] : [...base.#groups];
    for (let from = 0; from < rules.length; from += TOGETHER) {
      groups.push(grouped(rules.slice(from, from + TOGETHER)));
    }
    this.#groups = groups;
  }

  /** This index with further rules after its own. */
  with(rules: readonly CompiledRule[]): RegexIndex {
    return rules.length === 0 ? this : new RegexIndex(rules, this);
  }

  /** Every rule of which the expression is found in the text, in the order of the file. */
  matching(text: string): CompiledRule[] {
    return this.#groups.flatMap(({ rules, set }) => {
      if (set === null) return rules.filter((rule) => isFound(rule, text));
      const found = set.match(text).sort((a, b) => a - b);
      return found.flatMap((index) => rules[index] ?? []);
    });
  }
}

function grouped(rules: readonly CompiledRule[]): Group {
  try {
    const set = new RE2Set(RE2Set.UNANCHORED, 0);
    for (const { pattern } of rules) {
      if (pattern.kind === 'regex') set.add(pattern.regex.pattern());
    }
    set.compile();
    return { rules, set };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { rules, set: null };
  }
}

function isFound({ pattern }: CompiledRule, text: string): boolean {
  return pattern.kind === 'regex' && pattern.regex.matcher(text).find();
}
