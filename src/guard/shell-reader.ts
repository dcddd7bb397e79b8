// Takes a shell text apart (shell-text.ts), in one pass, whatever the text: what is not closed ends
// with the text, what cannot be nested further is taken as it is.
import type {
  Group,
  Pipeline,
  Redirect,
  Script,
  ShellText,
  Simple,
  Stage,
  Word,
} from './shell-text.ts';
import { DEEPEST, WordReader } from './shell-words.ts';

const OPENS: Readonly<Record<string, string>> = {
  '{': '}',
  if: 'fi',
  while: 'done',
  until: 'done',
  for: 'done',
  select: 'done',
  case: 'esac',
};
const SKIPPED = new Set(['then', 'do', 'else', 'elif', '!', 'coproc', 'function']);
const CLOSERS = new Set(['}', 'fi', 'done', 'esac']);
const REDIRECT = /(?:&>>?|\d{0,3}(?:<<<|<<-?|<>|<&|>>|>&|>\||<|>))/y;
const ASSIGNMENT = /^[A-Za-z_]\w*(?:\[[^\]]{0,80}\])?\+?=/;

/** Reads a text as a shell would take it apart. Total and linear. */
export function readShellText(text: string, base = 0): ShellText {
  const reader = new Reader(text, base);
  const script = reader.script(null, 0);
  return {
    script,
    quoted: reader.quoted,
    comments: reader.comments,
    isTooDeep: reader.isTooDeep,
  };
}

/** What was read so far of one script. */
interface Draft {
  readonly pipelines: Pipeline[];
  stages: Stage[];
  simple: Simple;
}

class Reader extends WordReader {
  /** Heredocs whose bodies begin after the next newline. */
  #pending: { redirect: { body: string | null }; end: string; tabs: boolean }[] = [];

  script(closer: string | null, depth: number): Script {
    const draft: Draft = { pipelines: [], stages: [], simple: newSimple() };
    while (this.at < this.text.length) {
      const char = this.text.charAt(this.at);
      if (char === ' ' || char === '\t') this.at += 1;
      else if (char === '\\' && this.text.charAt(this.at + 1) === '\n') this.at += 2;
      else if (char === '\n' || char === ';' || (char === '&' && !this.#isRedirect())) {
        this.at += 1;
        endPipeline(draft);
        if (char === '\n') this.#readBodies();
      } else if (char === '|') {
        const next = this.text.charAt(this.at + 1);
        this.at += next === '|' || next === '&' ? 2 : 1;
        if (next === '|') endPipeline(draft);
        else endStage(draft);
      } else if (char === '#') this.#comment();
      else if (char === ')') {
        this.at += 1;
        if (closer === ')') break;
        // The pattern of a case is no command; elsewhere it closes what was not opened.
        if (closer === 'esac') draft.simple = newSimple();
        else endPipeline(draft);
      } else if (char === '(') this.#parenthesis(draft, closer, depth);
      else if (this.#isRedirect()) this.#redirect(this.#lastOf(draft), depth);
      else if (this.#word(draft, closer, depth)) break;
    }
    endPipeline(draft);
    return draft.pipelines;
  }

  protected nested(depth: number): Script {
    const pending = this.#pending;
    this.#pending = [];
    const script = this.script(')', depth);
    this.#pending = pending;
    return script;
  }

  protected scriptOf(text: string, base: number, depth: number): Script {
    const inner = new Reader(text, base);
    const script = inner.script(null, depth);
    this.isTooDeep ||= inner.isTooDeep;
    return script;
  }

  /** A redirection after `}` or `done` is the group's. */
  #lastOf({ stages, simple }: Draft): Stage {
    const last = stages[stages.length - 1];
    const isFresh = simple.words.length === 0 && simple.assignments.length === 0;
    return isFresh && last?.kind === 'group' ? last : simple;
  }

  #comment(): void {
    const end = this.text.indexOf('\n', this.at);
    const stop = end === -1 ? this.text.length : end;
    this.comments.push([this.base + this.at, this.base + stop]);
    this.at = stop;
  }

  #parenthesis({ stages, simple }: Draft, closer: string | null, depth: number): void {
    this.at += 1;
    const arithmetic = this.text.charAt(this.at) === '(' ? this.arithmeticEnd() : -1;
    if (arithmetic !== -1) this.at = arithmetic;
    else if (this.text.charAt(this.at) === ')' && simple.words.length > 0) {
      // A function: its name is no command.
      this.at += 1;
      simple.words.length = 0;
    } else if (closer !== 'esac' || simple.words.length > 0) this.#group(stages, ')', depth);
  }

  #group(stages: Stage[], closer: string, depth: number): void {
    if (depth >= DEEPEST) {
      this.isTooDeep = true;
      return;
    }
    const group: Group = { kind: 'group', body: this.script(closer, depth + 1), redirects: [] };
    stages.push(group);
  }

  #isRedirect(): boolean {
    const code = this.text.charCodeAt(this.at);
    if (code !== 0x3c && code !== 0x3e && code !== 0x26 && !(code >= 0x30 && code <= 0x39)) {
      return false;
    }
    const next = this.text.charAt(this.at + 1);
    // Process substitutions are words.
    if ((code === 0x3c || code === 0x3e) && next === '(') return false;
    REDIRECT.lastIndex = this.at;
    return REDIRECT.test(this.text);
  }

  #redirect(stage: Stage, depth: number): void {
    REDIRECT.lastIndex = this.at;
    const operator = (REDIRECT.exec(this.text)?.[0] ?? '').replace(/^\d+/, '');
    this.at = REDIRECT.lastIndex;
    this.#blanks();
    const target = this.readWord(depth);
    const redirect: { operator: string; target: Word; body: string | null } = {
      operator,
      target,
      body: null,
    };
    if (operator === '<<' || operator === '<<-') {
      this.#pending.push({ redirect, end: target.text, tabs: operator === '<<-' });
    }
    (stage.redirects as Redirect[]).push(redirect);
  }

  #blanks(): void {
    while (this.text.charAt(this.at) === ' ' || this.text.charAt(this.at) === '\t') {
      this.at += 1;
    }
  }

  #readBodies(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const { redirect, end, tabs } of pending) {
      const from = this.at;
      let body = from;
      for (;;) {
        const stop = this.text.indexOf('\n', body);
        const line = this.text.slice(body, stop === -1 ? this.text.length : stop);
        const isEnd = (tabs ? line.replace(/^\t+/, '') : line) === end;
        if (isEnd || stop === -1) {
          redirect.body = this.text.slice(from, isEnd ? body : this.text.length);
          this.at = stop === -1 ? this.text.length : stop + 1;
          break;
        }
        body = stop + 1;
      }
      if (this.at > from) this.quoted.push([this.base + from, this.base + this.at]);
    }
  }

  /** True where the word closes the script. */
  #word({ stages, simple }: Draft, closer: string | null, depth: number): boolean {
    const word = this.readWord(depth);
    if (simple.words.length === 0 && word.isPlain) {
      if (word.text === closer) return true;
      const opens = OPENS[word.text];
      if (opens !== undefined && simple.assignments.length === 0) {
        if (word.text === 'for' || word.text === 'select' || word.text === 'case') {
          stages.push(this.#header(depth));
        }
        this.#group(stages, opens, depth);
        return false;
      }
      if (SKIPPED.has(word.text) || CLOSERS.has(word.text)) return false;
    }
    if (simple.words.length === 0 && ASSIGNMENT.test(word.text)) simple.assignments.push(word);
    else simple.words.push(word);
    if (simple.words.length === 0 && this.text.charAt(this.at) === '(') this.#array(simple, depth);
    return false;
  }

  /** The words of `name=(...)`: data. */
  #array(simple: Simple, depth: number): void {
    this.at += 1;
    while (this.at < this.text.length && this.text.charAt(this.at) !== ')') {
      if (' \t\n'.includes(this.text.charAt(this.at))) this.at += 1;
      else simple.assignments.push(this.readWord(depth));
    }
    this.at += 1;
  }

  /** The words after `for`, `select` and `case`: data, each assigned to the first. */
  #header(depth: number): Simple {
    const header = newSimple();
    let name = '';
    for (let words = 0; words < 10_000; words += 1) {
      this.#blanks();
      const char = this.text.charAt(this.at);
      if (char === '' || char === ';' || char === '\n' || char === ')') return header;
      if ('&|(<>'.includes(char)) {
        this.at += 1;
        continue;
      }
      const word = this.readWord(depth);
      if (word.isPlain && word.text === 'do') return header;
      if (words === 0) name = word.text;
      if (words === 0 ? word.inner.length > 0 : word.text !== 'in') {
        header.assignments.push({ ...word, text: `${name}=${word.text}` });
      }
    }
    return header;
  }
}

function endStage(draft: Draft): void {
  const { words, assignments, redirects } = draft.simple;
  if (words.length + assignments.length + redirects.length === 0) return;
  draft.stages.push(draft.simple);
  draft.simple = newSimple();
}

function endPipeline(draft: Draft): void {
  endStage(draft);
  if (draft.stages.length === 0) return;
  draft.pipelines.push(draft.stages);
  draft.stages = [];
}

function newSimple(): Simple {
  return { kind: 'simple', words: [], assignments: [], redirects: [] };
}
