// The tree that rules are found in: an edge for each word of a pattern, and the rules at the node
// where their words end. Every node stays quick with ten thousand rules or edges.
import { type Glob, literalTexts } from './glob.ts';
import { GlobFinder } from './glob-finder.ts';
import { skipsAhead } from './match-strict.ts';
import { RuleBag } from './rule-bag.ts';
import type { CompiledRule } from './rules.ts';

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
  seal(loose: boolean): void {
    const all: RuleNode[] = [this];
    for (const node of all) {
      node.rules.seal(loose);
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
