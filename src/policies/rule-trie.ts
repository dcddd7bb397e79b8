// The tree that rules are found in: an edge for each word of a pattern, and the rules at the node
// where their words end. Every node stays quick with ten thousand rules or edges.
import { type Glob, literalTexts } from './glob.ts';
import { GlobFinder } from './glob-finder.ts';
import { skipsAhead } from './match-strict.ts';
import type { CompiledRule, RuleScope } from './rules.ts';

/** A pattern word with wildcards, and what follows it. */
export interface GlobEdge {
  readonly glob: Glob;
  readonly node: RuleNode;
}

/** One place in the tree. */
export class RuleNode {
  readonly literals = new Map<string, RuleNode>();
  /** Literal words that are spelled otherwise than their key. */
  readonly #spellings = new Map<string, Set<string>>();
  /** Rules whose words end here. */
  readonly rules = new RuleBag();
  readonly #edges = new Map<string, GlobEdge>();
  #finder: GlobFinder<GlobEdge> | null = null;
  #skips = false;
  #rooted = false;
  #below: readonly CompiledRule[] | null = null;

  /** The node behind a literal word, made where there is none. */
  behind(key: string, spelling = key): RuleNode {
    if (spelling !== key) {
      this.#spellings.set(key, (this.#spellings.get(key) ?? new Set()).add(spelling));
    }
    const known = this.literals.get(key);
    if (known !== undefined) return known;
    const node = new RuleNode();
    this.literals.set(key, node);
    return node;
  }

  /** The node behind a word with wildcards, made where there is none. */
  behindGlob(glob: Glob): RuleNode {
    const key = glob.pieces
      .map((piece) => (piece.kind === 'text' ? JSON.stringify(piece.char) : piece.kind))
      .join();
    const known = this.#edges.get(key);
    if (known !== undefined) return known.node;
    const edge = { glob, node: new RuleNode() };
    this.#edges.set(key, edge);
    return edge.node;
  }

  /** Called once all rules are in, for this node and all below it. */
  seal(): void {
    const all: RuleNode[] = [this];
    for (const node of all) {
      node.rules.seal();
      if (node.#edges.size > 0) {
        const edges = [...node.#edges.values()];
        node.#finder = new GlobFinder(edges, (edge) => literalTexts(edge.glob));
        node.#skips = edges.some((edge) => skipsAhead(edge.glob));
        node.#rooted = edges.some((edge) => /^~?\//.test(edge.glob.source));
      }
      all.push(...node.literals.values(), ...[...node.#edges.values()].map((edge) => edge.node));
    }
  }

  get hasEdges(): boolean {
    return this.#finder !== null;
  }

  /** The nodes behind literal words that begin like this. */
  beginning(prefix: string): Iterable<RuleNode> {
    if (prefix === '' || prefix.includes('/')) return this.literals.values();
    const found: RuleNode[] = [];
    for (const [key, node] of this.literals) {
      const others = this.#spellings.get(key) ?? [];
      if ([key, ...others].some((text) => text.startsWith(prefix))) found.push(node);
    }
    return found;
  }

  /** Whether words may be skipped before one of its edges. */
  get skips(): boolean {
    return this.#skips;
  }

  /** Whether one of its edges is an absolute path, which a relative one can lead to. */
  get rooted(): boolean {
    return this.#rooted;
  }

  edges(): Iterable<GlobEdge> {
    return this.#edges.values();
  }

  /** Edges whose word could fit one of the texts. */
  edgesFor(texts: readonly string[]): Iterable<GlobEdge> {
    return this.#finder?.find(texts) ?? [];
  }

  /** Every rule here and further on, by number. */
  below(): readonly CompiledRule[] {
    if (this.#below !== null) return this.#below;
    const found: CompiledRule[] = [];
    const all: RuleNode[] = [this];
    for (const node of all) {
      found.push(...node.rules.all);
      all.push(...node.literals.values(), ...[...node.#edges.values()].map((edge) => edge.node));
    }
    this.#below = found.sort(byNumber);
    return this.#below;
  }
}

/** In the order of the file. */
export function byNumber(a: CompiledRule, b: CompiledRule): number {
  return a.entry.number - b.entry.number;
}

const FEW = 8;

/** Rules of the same words, found by what they say of place and person. */
export class RuleBag {
  readonly all: CompiledRule[] = [];
  #byKey: Map<string, CompiledRule[]> | null = null;
  #others: CompiledRule[] = [];

  add(rule: CompiledRule): void {
    this.all.push(rule);
  }

  seal(): void {
    if (this.all.length <= FEW) return;
    const keys = this.all.map(conditionKeys);
    const count = new Map<string, number>();
    for (const key of keys.flat()) count.set(key, (count.get(key) ?? 0) + 1);
    const byKey = new Map<string, CompiledRule[]>();
    this.all.forEach((rule, i) => {
      const [first, ...more] = keys[i] ?? [];
      if (first === undefined) {
        this.#others.push(rule);
        return;
      }
      const rarer = (a: string, b: string) => ((count.get(b) ?? 0) < (count.get(a) ?? 0) ? b : a);
      const rarest = more.reduce(rarer, first);
      const kept = byKey.get(rarest);
      if (kept === undefined) byKey.set(rarest, [rule]);
      else kept.push(rule);
    });
    if (byKey.size > 0) this.#byKey = byKey;
  }

  /** Adds every rule whose conditions could fit. */
  collect(scope: RuleScope, found: CompiledRule[]): void {
    if (this.all.length === 0) return;
    if (this.#byKey === null) {
      found.push(...this.all);
      return;
    }
    found.push(...this.#others);
    for (const key of scopeKeys(scope)) found.push(...(this.#byKey.get(key) ?? []));
  }
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
