// Finds the few rules that could match a command, by its program and its words. It may return
// rules that do not match in the end, never miss one that does.
import type { CommandPattern } from './pattern.ts';
import type { CompiledRule } from './rules.ts';

/** `exact`: names as written, words in place. `loose`: base names, operands anywhere. */
type IndexKind = 'exact' | 'loose';

interface Bucket {
  /** By the first operand that is literal. */
  readonly byWord: Map<string, CompiledRule[]>;
  readonly others: CompiledRule[];
}

export class RuleIndex {
  readonly #byName = new Map<string, Bucket>();
  readonly #others: CompiledRule[] = [];
  readonly #all: readonly CompiledRule[];
  readonly #kind: IndexKind;
  readonly #base: RuleIndex | null;

  constructor(rules: readonly CompiledRule[], kind: IndexKind, base: RuleIndex | null = null) {
    this.#all = rules;
    this.#kind = kind;
    this.#base = base;
    for (const rule of rules) this.#add(rule);
  }

  /** This index with further rules after its own, which are not indexed anew. */
  with(rules: readonly CompiledRule[]): RuleIndex {
    return rules.length === 0 ? this : new RuleIndex(rules, this.#kind, this);
  }

  /** Every rule that could match; in the order of the file. */
  candidates(words: readonly (string | null)[]): readonly CompiledRule[] {
    if (this.#base === null) return this.#own(words);
    return [...this.#base.candidates(words), ...this.#own(words)];
  }

  #own(words: readonly (string | null)[]): readonly CompiledRule[] {
    const name = words[0];
    if (name === undefined || name === null) return this.#all;
    const bucket = this.#byName.get(this.#nameKey(name));
    const found = [...this.#others];
    if (bucket !== undefined) {
      found.push(...bucket.others);
      if (this.#kind === 'exact') {
        found.push(...(bucket.byWord.get(words[1] ?? '') ?? []));
      } else if (words.includes(null)) {
        for (const rules of bucket.byWord.values()) found.push(...rules);
      } else if (bucket.byWord.size > 0) {
        for (const word of new Set(words.slice(1))) found.push(...this.#under(bucket, word));
      }
    }
    return found.length < 2 ? found : found.sort((a, b) => a.entry.number - b.entry.number);
  }

  #under(bucket: Bucket, word: string | null | undefined): readonly CompiledRule[] {
    return bucket.byWord.get(word ?? '') ?? [];
  }

  #nameKey(name: string): string {
    return this.#kind === 'exact' ? name : name.slice(name.lastIndexOf('/') + 1);
  }

  #add(rule: CompiledRule): void {
    if (rule.pattern.kind !== 'command') return;
    const { command } = rule.pattern;
    const name = command.words[0]?.literal;
    // `time` and `!` may stand for the keywords.
    if (!name || name === 'time' || name === '!') {
      this.#others.push(rule);
      return;
    }
    const key = this.#nameKey(name);
    const bucket: Bucket = this.#byName.get(key) ?? { byWord: new Map(), others: [] };
    this.#byName.set(key, bucket);
    const word = this.#word(command);
    if (word === null) bucket.others.push(rule);
    else bucket.byWord.set(word, [...(bucket.byWord.get(word) ?? []), rule]);
  }

  #word(command: CommandPattern): string | null {
    if (this.#kind === 'exact') return command.words[1]?.literal ?? null;
    const operand = command.words.slice(1).find((glob) => !/^-./s.test(glob.source));
    // A path can be spelled in many ways.
    return operand?.literal && !/[/~]/.test(operand.literal) ? operand.literal : null;
  }
}
