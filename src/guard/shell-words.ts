// The words of a shell text: quotes, escapes and expansions taken apart in one pass. What is not
// closed ends with the text. Commands are read by shell-reader.ts.
import { readAnsiC } from './ansi-c.ts';
import type { Inner, Script, Word } from './shell-text.ts';

/** Nesting deeper than anybody writes is not taken apart. */
export const DEEPEST = 24;
const LONGEST_ARITHMETIC = 300;

// What ends an unquoted run: blanks, operators, quotes, expansions.
const SPECIAL = new Uint8Array(128);
for (const char of ' \t\n;&|()<>\'"\\$`') SPECIAL[char.charCodeAt(0)] = 1;

interface Draft {
  text: string;
  isPlain: boolean;
  isSpelled: boolean;
  inner: Inner[];
}

/** Offsets that it hands out are those of the outermost text: `base` is where its own begins. */
export abstract class WordReader {
  readonly quoted: [number, number][] = [];
  readonly comments: [number, number][] = [];
  isTooDeep = false;
  protected readonly text: string;
  protected readonly base: number;
  protected at = 0;

  constructor(text: string, base: number) {
    this.text = text;
    this.base = base;
  }

  /** The commands up to `closer`, or to the end of the text. */
  abstract script(closer: string | null, depth: number): Script;
  /** The commands within a substitution, up to its parenthesis. */
  protected abstract nested(depth: number): Script;
  /** Reads a part that was unquoted first, from its own beginning. */
  protected abstract scriptOf(text: string, base: number, depth: number): Script;

  /** After `((`: where the arithmetic ends, or -1 where it is none. `at` is on the second one. */
  protected arithmeticEnd(): number {
    const limit = Math.min(this.text.length, this.at + LONGEST_ARITHMETIC);
    let open = 2;
    for (let at = this.at + 1; at < limit; at += 1) {
      const char = this.text.charAt(at);
      // Longer and stranger than arithmetic is: read as commands, which misses nothing.
      if (char === '\n' || char === '`' || char === ';') return -1;
      if (char === '(') open += 1;
      else if (char === ')') open -= 1;
      if (open === 1 && this.text.charAt(at + 1) !== ')') return -1;
      if (open === 0) return at + 1;
    }
    return -1;
  }

  readWord(depth: number): Word {
    const from = this.at;
    const draft: Draft = { text: '', isPlain: true, isSpelled: false, inner: [] };
    while (this.at < this.text.length) {
      const start = this.at;
      while (SPECIAL[this.text.charCodeAt(this.at)] !== 1 && this.at < this.text.length) {
        this.at += 1;
      }
      if (this.at > start) draft.text += this.text.slice(start, this.at);
      if (!this.#piece(draft, depth)) break;
    }
    // Whatever stands here belongs to nothing: it must not stop the reading.
    if (this.at === from) this.at += 1;
    const { text, isPlain, isSpelled, inner } = draft;
    return { at: this.base + from, end: this.base + this.at, text, isPlain, isSpelled, inner };
  }

  /** Quotes, escapes and expansions in a word. False where the word ends. */
  #piece(draft: Draft, depth: number): boolean {
    const char = this.text.charAt(this.at);
    const next = this.text.charAt(this.at + 1);
    switch (char) {
      case "'":
        this.#single(draft);
        return true;
      case '"':
        this.#double(draft, depth);
        return true;
      case '\\':
        if (next !== '\n') {
          draft.text += next;
          draft.isPlain = false;
        }
        this.at += 2;
        return true;
      case '$':
        if (next === "'") this.#ansiC(draft);
        else if (next === '"') this.at += 1;
        else this.#dollar(draft, depth);
        return true;
      case '`':
        this.#backquotes(draft, depth);
        return true;
      case '<':
      case '>':
        if (next !== '(') return false;
        this.at += 2;
        draft.text += `${char}()`;
        this.#substitution(draft, depth, char === '<' ? 'out' : 'into');
        return true;
      default:
        return false;
    }
  }

  #quote(from: number, end: number): [number, number] {
    const span: [number, number] = [this.base + from, this.base + end];
    this.quoted.push(span);
    return span;
  }

  #single(draft: Draft): void {
    const end = this.text.indexOf("'", this.at + 1);
    const stop = end === -1 ? this.text.length : end;
    draft.text += this.text.slice(this.at + 1, stop);
    draft.isPlain = false;
    this.#quote(this.at, stop + 1);
    this.at = stop + 1;
  }

  #ansiC(draft: Draft): void {
    const from = this.at;
    const { text, end, isSpelled } = readAnsiC(this.text, from + 2);
    draft.text += text;
    draft.isPlain = false;
    draft.isSpelled ||= isSpelled;
    this.#quote(from, end);
    this.at = end;
  }

  #double(draft: Draft, depth: number): void {
    const span = this.#quote(this.at, this.at);
    draft.isPlain = false;
    this.at += 1;
    while (this.at < this.text.length) {
      const char = this.text.charAt(this.at);
      if (char === '"') break;
      if (char === '\\') {
        const next = this.text.charAt(this.at + 1);
        if (next !== '\n') draft.text += '"\\$`'.includes(next) ? next : `\\${next}`;
        this.at += 2;
      } else if (char === '$') this.#dollar(draft, depth);
      else if (char === '`') this.#backquotes(draft, depth);
      else {
        const start = this.at;
        while (this.at < this.text.length && !'"\\$`'.includes(this.text.charAt(this.at))) {
          this.at += 1;
        }
        draft.text += this.text.slice(start, this.at);
      }
    }
    this.at += 1;
    span[1] = this.base + this.at;
  }

  #dollar(draft: Draft, depth: number): void {
    const next = this.text.charAt(this.at + 1);
    if (next === '(') {
      this.at += 2;
      const arithmetic = this.text.charAt(this.at) === '(' ? this.arithmeticEnd() : -1;
      if (arithmetic === -1) {
        draft.text += '$()';
        this.#substitution(draft, depth, 'out');
        return;
      }
      draft.text += '$(())';
      this.at = arithmetic;
    } else if (next === '{') {
      this.#braces(draft, depth);
    } else {
      draft.text += '$';
      this.at += 1;
    }
  }

  /** `${...}`: kept as written, with what is substituted inside. */
  #braces(draft: Draft, depth: number): void {
    draft.text += '${';
    this.at += 2;
    let open = 1;
    while (this.at < this.text.length && open > 0) {
      const char = this.text.charAt(this.at);
      if (char === '$' && this.text.charAt(this.at + 1) === '(') {
        this.at += 2;
        draft.text += '$()';
        this.#substitution(draft, depth, 'out');
      } else if (char === '`') this.#backquotes(draft, depth);
      else if (char === '\n') return;
      else {
        if (char === '{') open += 1;
        else if (char === '}') open -= 1;
        const size = char === '\\' ? 2 : 1;
        draft.text += this.text.slice(this.at, this.at + size);
        this.at += size;
      }
    }
  }

  #substitution(draft: Draft, depth: number, flow: Inner['flow']): void {
    if (depth >= DEEPEST) {
      this.isTooDeep = true;
      return;
    }
    draft.inner.push({ flow, script: this.nested(depth + 1) });
  }

  #backquotes(draft: Draft, depth: number): void {
    const from = this.at + 1;
    let end = from;
    while (end < this.text.length && this.text.charAt(end) !== '`') {
      end += this.text.charAt(end) === '\\' ? 2 : 1;
    }
    const inside = this.text.slice(from, end).replaceAll(/\\([`\\$])/g, '$1');
    draft.text += '$()';
    this.at = Math.min(end + 1, this.text.length);
    if (depth >= DEEPEST) this.isTooDeep = true;
    else
      draft.inner.push({ flow: 'out', script: this.scriptOf(inside, this.base + from, depth + 1) });
  }
}
