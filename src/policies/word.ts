// Reads one word of a shell line: its text where that is known before it runs, and otherwise what
// can still be said of it. It must never guess: whatever bash could read differently is a hazard.
import type { Word, WordPart } from 'unbash';

/** A word after quote removal. `text` is null where it cannot be known before it runs. */
export interface ReadWord {
  readonly text: string | null;
  /** The known beginning of every word this can become. */
  readonly prefix: string;
  /** Exactly one word, whatever it expands to. */
  readonly single: boolean;
  /** It could become a word that starts with a dash. */
  readonly mayBeOption: boolean;
  /** For `~` and `~/x`: what follows the tilde. */
  readonly tilde: string | null;
  /** The text around what is not known, for rules that deny: `rm {}` of `find -exec`. */
  readonly template?: string;
}

/** A word whose text is known. */
export function staticWord(text: string): ReadWord {
  return { text, prefix: text, single: true, mayBeOption: text.startsWith('-'), tilde: null };
}

/** Some words, nobody knows which. */
export const UNKNOWN_WORDS: ReadWord = {
  text: null,
  prefix: '',
  single: false,
  mayBeOption: true,
  tilde: null,
};

interface Draft {
  text: string;
  /** With the source of what is not known. */
  raw: string;
  prefix: string | null;
  single: boolean;
  splits: boolean;
  tilde: boolean;
}

/** Words that no shell reads in two ways: most of them. */
const PLAIN = /^[A-Za-z0-9_@%+,./:=-]+$/;

/**
 * Reads a word; everything that bash might read otherwise is reported to `hazard`. Blanks belong to
 * a word only where it is the operand of an expansion: `${x:-a b}`.
 */
export function readWord(
  word: Word,
  hazard: (why: string) => void,
  blanksAllowed = false,
): ReadWord {
  if (word.parts === undefined && word.value === word.text && PLAIN.test(word.text)) {
    return staticWord(word.text);
  }
  const draft: Draft = {
    text: '',
    raw: '',
    prefix: null,
    single: true,
    splits: false,
    tilde: false,
  };
  const parts: readonly WordPart[] = word.parts ?? [
    { type: 'Literal', pos: word.pos, end: word.end, text: word.text, value: word.value },
  ];
  parts.forEach((part, index) => {
    const before = draft.raw;
    const place = { first: index === 0, last: index === parts.length - 1, blanksAllowed };
    addPart(draft, part, place, hazard);
    if (draft.raw === before) draft.raw += part.text;
  });
  if (draft.prefix === null && braces(word.text, parts)) opaque(draft, false, false);
  if (draft.prefix === null && draft.text.includes('\0')) opaque(draft, true, false);
  return finish(draft);
}

function finish(draft: Draft): ReadWord {
  if (draft.prefix === null && !draft.tilde) return staticWord(draft.text);
  if (draft.prefix === null) {
    const rest = draft.text.slice(1);
    const plain = rest === '' || rest.startsWith('/');
    const prefix = plain ? '/' : '';
    return { text: null, prefix, single: true, mayBeOption: false, tilde: plain ? rest : null };
  }
  const prefix = draft.tilde ? '/' : draft.prefix;
  const mayBeOption = draft.splits || prefix === '' || prefix.startsWith('-');
  return {
    text: null,
    prefix,
    single: draft.single,
    mayBeOption,
    tilde: null,
    template: draft.raw,
  };
}

/** From here on the text is unknown. */
function opaque(draft: Draft, single: boolean, splits: boolean): void {
  draft.prefix ??= draft.text;
  draft.single &&= single;
  draft.splits ||= splits;
}

/** `"${x#'}"`, "`a "`": where bash sees a quote within quotes, the parser may see text. */
function checkQuotes(parts: readonly WordPart[], hazard: (why: string) => void): void {
  for (const part of parts) {
    if (part.type === 'ParameterExpansion' && /['"]/.test(part.text)) {
      hazard('a quote in an expansion within double quotes');
    }
    if (part.type === 'CommandExpansion' && /^`.*(?<!\\)"/s.test(part.text)) {
      hazard('a double quote in backquotes within double quotes');
    }
  }
}

interface Place {
  readonly first: boolean;
  readonly last: boolean;
  readonly blanksAllowed: boolean;
}

function addPart(draft: Draft, part: WordPart, place: Place, hazard: (why: string) => void) {
  switch (part.type) {
    case 'Literal':
      checkLiteral(part.text, place, hazard);
      if (place.first && part.text.startsWith('~')) draft.tilde = true;
      if (/[=:]~/.test(part.text)) opaque(draft, true, false);
      if (globs(part.text)) opaque(draft, false, false);
      draft.text += part.value;
      draft.raw += part.value;
      return;
    case 'AnsiCQuoted':
      // bash reads braces there, the parser does not.
      if (part.text.includes('\\x{')) hazard('\\x{ within quotes');
      // Which bytes `$'\xe9'` and `$'\u00e9'` are depends on the locale.
      if (/\\[xuUc0-7]/.test(part.text) && !isAscii(part.value)) opaque(draft, true, false);
      draft.text += part.value;
      draft.raw += part.value;
      return;
    case 'SingleQuoted':
      draft.text += part.value;
      draft.raw += part.value;
      return;
    case 'DoubleQuoted':
      checkQuotes(part.parts, hazard);
      for (const child of part.parts) {
        if (child.type === 'Literal') {
          if (bareDollar(child.text, child === part.parts.at(-1)))
            hazard('a bare $ or ` inside double quotes');
          draft.text += child.value;
          draft.raw += child.value;
        } else {
          draft.raw += child.text;
          opaque(draft, !/[@*]/.test(child.text) || child.type !== 'ParameterExpansion', false);
          if (child.type === 'SimpleExpansion' && child.text === '$@') opaque(draft, false, true);
          if (child.type === 'ParameterExpansion' && /[@*]/.test(child.text)) {
            opaque(draft, false, true);
          }
        }
      }
      return;
    case 'LocaleString':
      checkQuotes(part.parts, hazard);
      opaque(draft, true, false);
      return;
    case 'BraceExpansion':
      if (/(?:^|[^$<>\\])\(/.test(part.text)) hazard('a round bracket within braces');
      opaque(draft, false, false);
      return;
    case 'Glob':
      opaque(draft, false, false);
      return;
    case 'ExtendedGlob':
      hazard('an extended glob, which bash reads as a syntax error unless it is switched on');
      opaque(draft, false, true);
      return;
    case 'ProcessSubstitution':
      if (draft.prefix === null && draft.text === '') draft.text = '/dev/fd/';
      if (!place.first || !place.last) hazard('a process substitution inside a word');
      opaque(draft, true, false);
      return;
    case 'SimpleExpansion':
    case 'ParameterExpansion':
    case 'CommandExpansion':
    case 'ArithmeticExpansion':
      opaque(draft, false, true);
      return;
    default:
      part satisfies never;
      hazard('a word part of an unknown kind');
      opaque(draft, false, true);
  }
}

function isAscii(text: string): boolean {
  return [...text].every((char) => char < '\u0080');
}

/** The parser leaves these inside literals where it recovered; bash would have ended the word. */
function checkLiteral(raw: string, place: Place, hazard: (why: string) => void): void {
  for (let i = 0; i < raw.length; i++) {
    const c = raw[i];
    if (c === '\\') {
      i++;
      continue;
    }
    if (place.blanksAllowed && (c === ' ' || c === '\t')) continue;
    if (c !== undefined && '|&;()<> \t\n`"\''.includes(c)) {
      hazard(`an unquoted ${JSON.stringify(c)} inside a word`);
      return;
    }
    // At the very end of a word it stands for itself: `grep x$ f`.
    if (c === '$' && !(place.last && i === raw.length - 1)) {
      hazard('a bare $ inside a word');
      return;
    }
  }
}

/** `"costs $ 5"`, `"^a$"` and `"a$|b"`: nothing that could be expanded follows. */
function bareDollar(raw: string, last: boolean): boolean {
  for (let i = 0; i < raw.length; i++) {
    if (raw[i] === '\\') i++;
    else if (raw[i] === '`') return true;
    else if (raw[i] === '$') {
      const next = raw[i + 1];
      if (next === undefined ? !last : !/[ |/)]/.test(next)) return true;
    }
  }
  return false;
}

function globs(raw: string): boolean {
  const bare = raw.replace(/\\./gs, '');
  const open = bare.indexOf('[');
  return /[*?]/.test(bare) || (open >= 0 && bare.lastIndexOf(']') > open);
}

/** Brace expansion that the parser did not mark, e.g. with quotes inside the braces. */
function braces(raw: string, parts: readonly WordPart[]): boolean {
  const hasOpen = parts.some(
    (part) => part.type === 'Literal' && part.text.replace(/\\./gs, '').includes('{'),
  );
  if (!hasOpen) return false;
  const inside = raw.slice(raw.indexOf('{') + 1, Math.max(0, raw.lastIndexOf('}')));
  return inside.includes(',') || inside.includes('..');
}
