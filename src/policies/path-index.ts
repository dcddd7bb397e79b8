// Finds the few rules about files that could speak of a path, flat from ten to ten thousand rules:
// by the directories that a rule spells out, or by the name of the file. It may find too many,
// never too few.
import { type Glob, literalTexts } from './glob.ts';
import { GlobFinder } from './glob-finder.ts';
import { normalise } from './match-strict.ts';
import { resolvePath } from './paths.ts';
import { byNumber } from './rule-trie.ts';
import type { CompiledRule, RuleScope } from './rules.ts';

/** One directory, and the rules of which the spelled out part ends here. */
class Directory {
  readonly children = new Map<string, Directory>();
  readonly rules: CompiledRule[] = [];
  #finder: GlobFinder<CompiledRule> | null = null;

  seal(): void {
    const all: Directory[] = [this];
    for (const one of all) {
      if (one.rules.length > 0) one.#finder = new GlobFinder(one.rules, textsOf);
      all.push(...one.children.values());
    }
  }

  get empty(): boolean {
    return this.rules.length === 0 && this.children.size === 0;
  }

  find(texts: readonly string[], found: Set<CompiledRule>): void {
    if (this.#finder === null) return;
    for (const rule of this.#finder.find(texts)) found.add(rule);
  }

  /** Every rule here and further down. */
  below(found: Set<CompiledRule>): void {
    const all: Directory[] = [this];
    for (const one of all) {
      for (const rule of one.rules) found.add(rule);
      all.push(...one.children.values());
    }
  }
}

function globOf(rule: CompiledRule): Glob | null {
  return rule.pattern.kind === 'path' ? rule.pattern.path : null;
}

function textsOf(rule: CompiledRule): string[] {
  const glob = globOf(rule);
  return glob === null ? [] : literalTexts(glob);
}

/** Rules about files, of one effect and one access. */
export class PathIndex {
  readonly all: readonly CompiledRule[];
  readonly #base: PathIndex | null;
  readonly #absolute = new Directory();
  readonly #home = new Directory();
  readonly #relative = new Directory();
  /** Rules that begin anywhere, by the whole name or by pieces of their text. */
  readonly #names = new Map<string, CompiledRule[]>();
  readonly #nameGlobs: GlobFinder<CompiledRule>;
  /** Spelled in ways that nothing is found by. */
  readonly #others: CompiledRule[] = [];

  constructor(rules: readonly CompiledRule[], base: PathIndex | null = null) {
    this.all = base === null ? rules : [...base.all, ...rules];
    this.#base = base;
    const nameGlobs: CompiledRule[] = [];
    for (const rule of rules) this.#add(rule, nameGlobs);
    this.#nameGlobs = new GlobFinder(nameGlobs, textsOf);
    for (const root of [this.#absolute, this.#home, this.#relative]) root.seal();
  }

  /** This index with further rules after its own, which are not indexed anew. */
  with(rules: readonly CompiledRule[]): PathIndex {
    return rules.length === 0 ? this : new PathIndex(rules, this);
  }

  #add(rule: CompiledRule, nameGlobs: CompiledRule[]): void {
    const glob = globOf(rule);
    if (glob === null) return;
    const { source, literal } = glob;
    if (!source.includes('/')) {
      if (source.startsWith('~') || source === '.' || source === '..') this.#others.push(rule);
      else if (literal === null) nameGlobs.push(rule);
      else this.#names.set(literal, [...(this.#names.get(literal) ?? []), rule]);
      return;
    }
    const plain = source.startsWith('~') ? source.slice(1) : source;
    // Quoted wildcards lose their quotes where a pattern is put together anew.
    const quoted = glob.pieces.some((piece) => piece.kind === 'text' && /[*?]/.test(piece.char));
    if (quoted || normalise(plain) !== plain || /^~[^/]/.test(source)) {
      this.#others.push(rule);
      return;
    }
    // It fits an absolute path as it is written, too.
    if (/^[^/]*[*?]/.test(source)) {
      nameGlobs.push(rule);
      return;
    }
    const rooted = plain.startsWith('/') ? plain.slice(1) : plain;
    let at = source.startsWith('~') ? this.#home : this.#relative;
    if (source.startsWith('/')) at = this.#absolute;
    for (const segment of rooted.split('/')) {
      if (segment === '' || /[*?]/.test(segment)) break;
      const next = at.children.get(segment) ?? new Directory();
      at.children.set(segment, next);
      at = next;
    }
    at.rules.push(rule);
  }

  /** Adds every rule that could fit a path. */
  collect(sought: SoughtPath, found: Set<CompiledRule>): void {
    if (this.all.length === 0) return;
    this.#base?.collect(sought, found);
    for (const rule of this.#others) found.add(rule);
    const { path, written, texts } = sought;
    walk(this.#absolute, path, 1, texts, found);
    walk(this.#home, path, sought.belowHome, texts, found);
    walk(this.#relative, path, sought.belowCwd, texts, found);
    if (written !== null) {
      const parts = written.split('/').filter((segment) => segment !== '');
      const inHome = written.startsWith('~');
      const below = (inHome ? parts.slice(1) : parts).join('/');
      const root = written.startsWith('/') ? this.#absolute : this.#relative;
      walk(inHome ? this.#home : root, below, 0, texts, found);
      this.#named(written, found);
    }
    this.#named(path.slice(path.lastIndexOf('/') + 1), found);
    if (this.#nameGlobs.all.length === 0) return;
    for (const rule of this.#nameGlobs.find(texts)) found.add(rule);
  }

  #named(name: string, found: Set<CompiledRule>): void {
    const rules = this.#names.get(name);
    if (rules !== undefined) for (const rule of rules) found.add(rule);
  }

  /** Every rule that could fit a path exactly as it is resolved, in the order of the file. */
  allowing(text: string, scope: RuleScope): readonly CompiledRule[] {
    if (this.all.length === 0) return this.all;
    const found = new Set<CompiledRule>();
    this.collect(soughtPath(resolvePath(text, scope), null, scope), found);
    return [...found].sort(byNumber);
  }

  /** Every rule that could fit what a word becomes which begins like this. */
  possible(prefix: string, scope: RuleScope): readonly CompiledRule[] {
    if (prefix === '') return this.all;
    const before = this.#base?.possible(prefix, scope) ?? [];
    const found = new Set(this.#others);
    for (const rules of this.#names.values()) for (const rule of rules) found.add(rule);
    for (const rule of this.#nameGlobs.all) found.add(rule);
    this.#relative.below(found);
    const path = resolvePath(prefix, scope);
    walkPrefix(this.#absolute, path.slice(1), found);
    const { home } = scope;
    if (home === null || home.startsWith(path)) this.#home.below(found);
    else if (path.startsWith(home)) walkPrefix(this.#home, path.slice(home.length), found);
    if (found.size === 0) return before;
    return [...before, ...[...found].sort(byNumber)];
  }
}

/** A path that rules are looked up for. */
export interface SoughtPath {
  readonly path: string;
  /** As it stands in the line, where a rule could fit that and not the path. */
  readonly written: string | null;
  readonly texts: readonly string[];
  /** Where in the path what lies below these directories begins; -1 where it does not. */
  readonly belowHome: number;
  readonly belowCwd: number;
}

/** Paths of operands, for those who meet the same operands again in one judgement. */
export type SoughtOperands = Map<string, SoughtPath>;

const OPERANDS_KEPT = 4096;

/** The operand's path, prepared once where `prepared` is kept. */
export function soughtOperand(
  operand: string,
  scope: RuleScope,
  prepared: SoughtOperands,
): SoughtPath {
  const known = prepared.get(operand);
  if (known !== undefined) return known;
  const sought = soughtPath(resolvePath(operand, scope), null, scope);
  if (prepared.size < OPERANDS_KEPT) prepared.set(operand, sought);
  return sought;
}

/** Prepares a path to be looked up in any index. */
export function soughtPath(path: string, text: string | null, scope: RuleScope): SoughtPath {
  const written = text === null || (text !== '' && path.endsWith(text)) ? null : text;
  const { home, cwd } = basesOf(scope);
  return {
    path,
    written,
    texts: written === null ? [path] : [path, written],
    belowHome: home === null ? -1 : startBelow(path, home),
    belowCwd: startBelow(path, cwd),
  };
}

/** The directories that paths are read in, prepared once for each scope. */
interface Bases {
  readonly home: string | null;
  readonly cwd: string;
}

let newest: { readonly scope: RuleScope; readonly bases: Bases } | null = null;

// A judgement asks again and again for its own scope, and for no other.
function basesOf(scope: RuleScope): Bases {
  if (newest?.scope === scope) return newest.bases;
  const bases = { home: scope.home, cwd: normalise(scope.cwd) };
  newest = { scope, bases };
  return bases;
}

function startBelow(path: string, base: string): number {
  if (base === '/') return 1;
  if (!path.startsWith(base)) return -1;
  const next = path[base.length];
  return next === undefined || next === '/' ? base.length + 1 : -1;
}

/** Along the names of a path from `from` on, as far as any rule goes. */
function walk(
  root: Directory,
  path: string,
  from: number,
  texts: readonly string[],
  found: Set<CompiledRule>,
): void {
  if (from < 0 || root.empty) return;
  let at: Directory | undefined = root;
  at.find(texts, found);
  for (let begin = from; begin < path.length; ) {
    const slash = path.indexOf('/', begin);
    const end = slash < 0 ? path.length : slash;
    at = at.children.get(path.slice(begin, end));
    if (at === undefined) return;
    at.find(texts, found);
    begin = end + 1;
  }
}

/** Rules on the way to a path of which the last name may go on, and all that lies behind. */
function walkPrefix(root: Directory, path: string, found: Set<CompiledRule>): void {
  let at: Directory = root;
  const segments = path.split('/').filter((segment) => segment !== '');
  const last = segments.pop() ?? '';
  for (const rule of at.rules) found.add(rule);
  for (const segment of segments) {
    const next = at.children.get(segment);
    if (next === undefined) return;
    at = next;
    for (const rule of at.rules) found.add(rule);
  }
  for (const [name, child] of at.children) if (name.startsWith(last)) child.below(found);
}
