// Finds the few allow rules that could match a command, flat from ten to ten thousand rules. It may
// return rules that do not match in the end, never miss one that does.
import { globMatches } from './glob.ts';
import { type CommandPattern, isLoneStar } from './pattern.ts';
import type { ReadCommand } from './read-line.ts';
import { byNumber, RuleNode } from './rule-trie.ts';
import type { CompiledRule, RuleScope } from './rules.ts';
import type { ReadWord } from './word.ts';

/** Allow rules: their words are the words of the command, each in its place. */
export class ExactIndex {
  readonly all: readonly CompiledRule[];
  readonly #base: ExactIndex | null;
  readonly #root = new RuleNode();
  /** Rules of which the first word is the keyword before the command: `time`, `!`. */
  readonly #behindKeyword = new RuleNode();

  constructor(rules: readonly CompiledRule[], base: ExactIndex | null = null) {
    this.all = base === null ? rules : [...base.all, ...rules];
    this.#base = base;
    for (const rule of rules) this.#add(rule);
    this.#root.seal(false);
    this.#behindKeyword.seal(false);
  }

  /** This index with further rules after its own, which are not indexed anew. */
  with(rules: readonly CompiledRule[]): ExactIndex {
    return rules.length === 0 ? this : new ExactIndex(rules, this);
  }

  /** Every rule that could match, in the order of the file. */
  candidates(command: ReadCommand, scope: RuleScope): readonly CompiledRule[] {
    const before = this.#base?.candidates(command, scope) ?? [];
    const found: CompiledRule[] = [];
    walkExactly(this.#root, command.words, scope, found);
    if (command.keyword !== null) {
      walkExactly(this.#behindKeyword, command.words, scope, found);
    }
    if (found.length > 1) found.sort(byNumber);
    return before.length === 0 ? found : [...before, ...found];
  }

  #add(rule: CompiledRule): void {
    if (rule.pattern.kind !== 'command') return;
    const { words } = rule.pattern.command;
    addAlong(this.#root, words, rule);
    const first = words[0]?.literal;
    if (first === 'time' || first === '!') addAlong(this.#behindKeyword, words.slice(1), rule);
  }
}

function addAlong(root: RuleNode, globs: CommandPattern['words'], rule: CompiledRule): void {
  let node = root;
  for (const glob of globs) {
    node = glob.literal === null ? node.behindGlob(glob) : node.behind(glob.literal);
  }
  node.rules.add(rule);
}

function walkExactly(
  root: RuleNode,
  words: readonly ReadWord[],
  scope: RuleScope,
  found: CompiledRule[],
): void {
  let nodes: RuleNode[] = [root];
  for (let i = 0; nodes.length > 0; i++) {
    for (const node of nodes) node.rules.collect(scope, null, found);
    const word = words[i];
    if (word === undefined) return;
    const next: RuleNode[] = [];
    for (const node of nodes) {
      const literal = word.text === null ? undefined : node.literals.get(word.text);
      if (literal !== undefined) next.push(literal);
      if (!node.hasEdges) continue;
      for (const edge of node.edgesFor([word.text ?? ''])) {
        const fits = word.text !== null && globMatches(edge.glob, word.text, true);
        if (fits || isLoneStar(edge.glob)) next.push(edge.node);
      }
    }
    nodes = next;
  }
}
