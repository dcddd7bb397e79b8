// Finds the few deny and ask rules that could match a command, flat from ten to ten thousand rules.
// It may return rules that do not match in the end, never miss one that does.
import { isOption, nameMatches, normalise, operandFits, type WordView } from './match-strict.ts';
import { isLoneStar } from './pattern.ts';
import type { ReadCommand } from './read-line.ts';
import type { LongOptions } from './rule-bag.ts';
import { byNumber, RuleNode } from './rule-trie.ts';
import type { CompiledRule, RuleScope } from './rules.ts';
import type { ReadWord } from './word.ts';

/** Rules that could match a command. */
interface Candidates {
  /** Those that could match for certain. */
  readonly sure: readonly CompiledRule[];
  /** Those that can match only where words are not known: never for certain. */
  readonly unsure: Iterable<CompiledRule>;
}

/** Deny and ask rules: base names, operands in order with options anywhere between them. */
export class LooseIndex {
  readonly all: readonly CompiledRule[];
  readonly #base: LooseIndex | null;
  /** Its edges are names; behind each stand operands. */
  readonly #names = new RuleNode();

  constructor(rules: readonly CompiledRule[], base: LooseIndex | null = null) {
    this.all = base === null ? rules : [...base.all, ...rules];
    this.#base = base;
    for (const rule of rules) this.#add(rule);
    this.#names.seal(true);
  }

  /** This index with further rules after its own, which are not indexed anew. */
  with(rules: readonly CompiledRule[]): LooseIndex {
    return rules.length === 0 ? this : new LooseIndex(rules, this);
  }

  /** Every rule that could match, in the order of the file. */
  candidates(command: ReadCommand, view: WordView, scope: RuleScope): Candidates {
    const before = this.#base?.candidates(command, view, scope) ?? NONE;
    const own = looseCandidates(this.#names, command, view, scope);
    if (before === NONE) return own;
    return {
      sure: [...before.sure, ...own.sure],
      unsure: flattened([before.unsure, own.unsure]),
    };
  }

  #add(rule: CompiledRule): void {
    if (rule.pattern.kind !== 'command') return;
    const [name, ...others] = rule.pattern.command.words;
    let node = this.#names;
    if (name !== undefined) {
      node =
        name.literal === null
          ? node.behindGlob(name)
          : node.behind(lastSegment(name.literal), name.literal);
    }
    for (const glob of others) {
      if (isOption(glob.source)) continue;
      node =
        glob.literal === null
          ? node.behindGlob(glob)
          : node.behind(lastSegment(glob.literal), glob.literal);
    }
    node.rules.add(rule);
  }
}

/** The last name in a path: the same however the way to it is spelled. */
function lastSegment(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '/') end--;
  return text.slice(text.lastIndexOf('/', end - 1) + 1, end);
}

/** Every last name that spellings of a text can have. */
function lastSegments(text: string, view: WordView): string[] {
  const own = lastSegment(text);
  const isName = own !== '' && own !== '.' && own !== '..';
  const names = isName
    ? [own]
    : [...new Set([own, lastSegment(normalise(text)), lastSegment(view.path(text))])];
  // A rule about `~` stands under that name, wherever the home directory is and however it is said.
  const { home } = view;
  if (
    home !== null &&
    (!isName || own === lastSegment(home)) &&
    view.path(text) === normalise(home)
  )
    names.push('~');
  return names;
}

const NONE: Candidates = { sure: [], unsure: [] };

/** Over the name of the program, and then over its operands. */
function looseCandidates(
  root: RuleNode,
  command: ReadCommand,
  view: WordView,
  scope: RuleScope,
): Candidates {
  const name = command.words[0];
  const given = name === undefined ? '' : view.text(name);
  if (name !== undefined && given === null) {
    const walk = new LooseWalk(command, view, scope);
    walk.sure(root);
    if (name.prefix === '' && (!name.single || root.literals.size > PLACES_LIMIT)) walk.all(root);
    else if (name.single) walk.along([], unknownPlaces(root, name));
    else for (const node of unknownPlaces(root, name)) walk.all(node);
    return walk.result();
  }
  const places = name === undefined ? [] : namedPlaces(root, given ?? '');
  if (places.length === 0 && root.rules.all.length === 0) return NONE;
  const walk = new LooseWalk(command, view, scope);
  walk.sure(root);
  walk.along(places, []);
  return walk.result();
}

function namedPlaces(root: RuleNode, given: string): RuleNode[] {
  const places: RuleNode[] = [];
  const keys = [given.slice(given.lastIndexOf('/') + 1)];
  if (given.includes('/')) keys.push(lastSegment(normalise(given)));
  for (const key of keys) put(places, root.literals.get(key));
  if (!root.hasEdges) return places;
  for (const edge of root.edgesFor([given])) {
    if (nameMatches(edge.glob, given)) put(places, edge.node);
  }
  return places;
}

/** Whoever spells a name in a rule may write a path: `/usr/bin/x` for `x`. */
function unknownPlaces(root: RuleNode, name: ReadWord): RuleNode[] {
  return [...root.beginning(name.prefix), ...[...root.edges()].map((edge) => edge.node)];
}

function* flattened(lists: readonly Iterable<CompiledRule>[]): Generator<CompiledRule> {
  for (const list of lists) yield* list;
}

function put(places: RuleNode[], node: RuleNode | undefined): void {
  if (node !== undefined && !places.includes(node)) places.push(node);
}

function longOptions(command: ReadCommand, view: WordView): LongOptions {
  const found: string[] = [];
  for (const word of command.words) {
    const text = view.text(word);
    if (text === null && word.mayBeOption) return null;
    if (text?.startsWith('--') === true && text.length > 2) found.push(text);
  }
  return found;
}

/** More places at once than this are not told apart any further. */
const PLACES_LIMIT = 64;

/** One way through the tree, word by word, at all places where it could be. */
class LooseWalk {
  readonly #words: readonly ReadWord[];
  readonly #view: WordView;
  readonly #scope: RuleScope;
  readonly #command: ReadCommand;
  #options: LongOptions | undefined;
  readonly #sure: CompiledRule[] = [];
  readonly #unsure: (readonly CompiledRule[])[] = [];
  /** Places that were reached: by known words, or only where unknown ones allow it. */
  readonly #seen: RuleNode[] = [];
  readonly #seenUnsure: RuleNode[] = [];

  constructor(command: ReadCommand, view: WordView, scope: RuleScope) {
    this.#words = command.words;
    this.#view = view;
    this.#scope = scope;
    this.#command = command;
  }

  result(): Candidates {
    const sure = this.#sure;
    if (sure.length > 1) sure.sort(byNumber);
    return { sure, unsure: this.#unsure.length === 0 ? [] : flattened(this.#unsure) };
  }

  /** The rules that end here. */
  sure(node: RuleNode): void {
    if (this.#seen.includes(node)) return;
    this.#seen.push(node);
    this.#collect(node, this.#sure);
  }

  #possible(node: RuleNode): void {
    if (this.#seenUnsure.includes(node)) return;
    this.#seenUnsure.push(node);
    const found: CompiledRule[] = [];
    this.#collect(node, found);
    this.#unsure.push(found);
  }

  #collect(node: RuleNode, found: CompiledRule[]): void {
    // Most places on the way have no rules of their own.
    if (node.rules.all.length === 0) return;
    if (this.#options === undefined) this.#options = longOptions(this.#command, this.#view);
    node.rules.collect(this.#scope, this.#options, found);
  }

  /** Everything from here on is possible. */
  all(node: RuleNode): void {
    this.#unsure.push(node.below());
  }

  /** From places that were reached for certain, and from others. */
  along(from: readonly RuleNode[], fromUnsure: readonly RuleNode[]): void {
    let [sure, unsure] = [from, fromUnsure];
    let afterOption = false;
    for (let i = 1; sure.length + unsure.length > 0; i++) {
      for (const node of sure) this.sure(node);
      for (const node of unsure) this.#possible(node);
      const word = this.#words[i];
      if (word === undefined) return;
      const text = this.#view.text(word);
      if (text === null && !word.single) {
        for (const node of sure) this.all(node);
        for (const node of unsure) this.all(node);
        return;
      }
      const stays = afterOption;
      afterOption = text === null || isOption(text);
      if (text !== null && afterOption) continue;
      if (text === null) [sure, unsure] = this.#overUnknown(word, sure, unsure, stays);
      else {
        sure = this.#over(text, sure, stays);
        unsure = this.#over(text, unsure, stays);
      }
      if (unsure.length > PLACES_LIMIT) {
        for (const node of unsure) this.all(node);
        unsure = [];
      }
    }
  }

  /** Over an operand: to what it fits, staying where it may be an option's value or be skipped. */
  #over(text: string, from: readonly RuleNode[], stays: boolean): readonly RuleNode[] {
    if (from.length === 0) return from;
    const to: RuleNode[] = [];
    for (const node of from) {
      if (stays) put(to, node);
      if (node.literals.size > 0) {
        for (const key of lastSegments(text, this.#view)) put(to, node.literals.get(key));
      }
      if (!node.hasEdges) continue;
      if (node.skips) put(to, node);
      for (const edge of node.edgesFor(node.rooted ? [text, this.#view.path('')] : [text])) {
        if (operandFits(edge.glob, text, this.#view)) put(to, edge.node);
      }
    }
    return to;
  }

  /** Over one word that is not known. */
  #overUnknown(
    word: ReadWord,
    sure: readonly RuleNode[],
    unsure: readonly RuleNode[],
    stays: boolean,
  ): [RuleNode[], RuleNode[]] {
    const [toSure, toUnsure] = [new Set<RuleNode>(), new Set<RuleNode>()];
    for (const node of [...sure, ...unsure]) {
      const reached = sure.includes(node);
      if (word.mayBeOption || (stays && !reached)) toUnsure.add(node);
      else if (stays) toSure.add(node);
      if (node.literals.size > PLACES_LIMIT && word.prefix === '') this.all(node);
      else for (const next of node.beginning(word.prefix)) toUnsure.add(next);
      for (const edge of node.edges()) {
        (reached && isLoneStar(edge.glob) ? toSure : toUnsure).add(edge.node);
      }
    }
    return [[...toSure], [...toUnsure]];
  }
}
