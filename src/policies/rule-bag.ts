// Rules of the same operands, found by what else they ask for: a place, a person, a platform, an
// option. It may find too many, never too few.

import type { CompiledRule, RuleScope } from './rules.ts';
import { isInLongForms } from './synonyms.ts';

/** So few are looked at one by one. */
const FEW = 8;

/** The long options of a command; null where one could be any. */
export type LongOptions = readonly string[] | null;

/** Rules that end at one place of the tree. */
export class RuleBag {
  readonly all: CompiledRule[] = [];
  readonly #byKey = new Map<string, CompiledRule[]>();
  readonly #others: CompiledRule[] = [];
  /** The names of the options that rules are kept under, sorted. */
  #names: readonly string[] = [];

  add(rule: CompiledRule): void {
    this.all.push(rule);
  }

  /** Called once all rules are in; `loose` where options may stand anywhere. */
  seal(loose: boolean): void {
    if (this.all.length <= FEW) return;
    const keys = this.all.map((rule) => [
      ...conditionKeys(rule),
      ...(loose ? optionKeys(rule) : []),
    ]);
    const count = new Map<string, number>();
    for (const key of keys.flat()) count.set(key, (count.get(key) ?? 0) + 1);
    const names = new Set<string>();
    this.all.forEach((rule, i) => {
      const [first, ...more] = keys[i] ?? [];
      if (first === undefined) {
        this.#others.push(rule);
        return;
      }
      const rarer = (a: string, b: string) => ((count.get(b) ?? 0) < (count.get(a) ?? 0) ? b : a);
      const rarest = more.reduce(rarer, first);
      if (rarest.startsWith('--')) names.add(nameOf(rarest));
      const kept = this.#byKey.get(rarest);
      if (kept === undefined) this.#byKey.set(rarest, [rule]);
      else kept.push(rule);
    });
    this.#names = [...names].sort();
  }

  /** Adds every rule whose conditions and options could fit. */
  collect(scope: RuleScope, options: LongOptions, found: CompiledRule[]): void {
    if (this.all.length === 0) return;
    if (this.#byKey.size === 0 || (options === null && this.#names.length > 0)) {
      for (const rule of this.all) found.push(rule);
      return;
    }
    for (const rule of this.#others) found.push(rule);
    const keys = scopeKeys(scope);
    if (this.#names.length > 0) for (const text of options ?? []) this.#addKeys(text, keys);
    for (const key of keys) for (const rule of this.#byKey.get(key) ?? []) found.push(rule);
  }

  /** `--forc=x` is `--force=x`, and `--force` with anything. */
  #addKeys(text: string, keys: Set<string>): void {
    const start = nameOf(text);
    for (let i = lowerBound(this.#names, start); i < this.#names.length; i++) {
      const name = this.#names[i] as string;
      if (!name.startsWith(start)) return;
      keys.add(name).add(name + text.slice(start.length));
    }
  }
}

function lowerBound(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as string) < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `--name` of `--name=value`. */
function nameOf(option: string): string {
  const at = option.indexOf('=');
  return at < 0 ? option : option.slice(0, at);
}

/** Long options that the command must have, but for those that have a short spelling. */
function optionKeys({ pattern }: CompiledRule): string[] {
  if (pattern.kind !== 'command') return [];
  return pattern.command.words.slice(1).flatMap(({ literal }) => {
    const long = literal !== null && /^--[^=]/.test(literal);
    return long && !isInLongForms(nameOf(literal).slice(2)) ? [literal] : [];
  });
}

/** What must be so where and for whom a rule applies. */
function conditionKeys({ entry }: CompiledRule): string[] {
  const keys: string[] = [];
  if (entry.from !== null && !/[*?]/.test(entry.from)) keys.push(`from ${entry.from}`);
  if (entry.on !== null && !/[*?]/.test(entry.on)) keys.push(`on ${entry.on}`);
  const segments = entry.in === null ? [] : entry.in.split('/');
  if (segments.includes('..')) return keys;
  for (const segment of segments) {
    if (!/^~?$|[*?]/.test(segment)) keys.push(`in ${segment}`);
  }
  return keys;
}

function scopeKeys(scope: RuleScope): Set<string> {
  const inside = scope.cwd.split('/').map((segment) => `in ${segment}`);
  return new Set([`from ${scope.requester}`, `on ${scope.platform}`, ...inside]);
}
