// Text from outside as a reader may safely see it: pure, linear, and nothing is left out. What
// runs is never changed by this; it is only how it is shown.
import { classOf, codePointName, emojiSequenceLength, isScriptJoiner } from './code-points.ts';
import { escapeEnd } from './escapes.ts';
import { labelText, type Mark, type Marks, markCursor, mayHide, noMarks } from './marks.ts';

/** More blanks in a row than this are counted instead of drawn. */
const MOST_BLANKS = 8;
/** More newlines in a row than this are counted instead of drawn. */
const MOST_NEWLINES = 3;
/** The same unseen character more often than this is counted. */
const MOST_REPEATS = 3;
/** More marks on one character than any script writes reach into the lines around it. */
const MOST_MARKS = 6;

const TAB_COLUMNS = 8;

const EMPTY_LINES = /\n{6,}/g;

// Printable ASCII with single blanks inside: nearly every text, and already as it should be.
const PLAIN = /^(?:[\x21-\x7e]| (?=[\x21-\x7e]))*$/;

export interface VisibleOptions {
  /** `keep` draws newlines (code blocks), `show` marks them, so that the text is one line. */
  readonly newlines: 'keep' | 'show';
  /** What else to name, or to keep back: look-alikes, secrets. */
  readonly marks?: Marks;
}

/**
 * The text with everything unseen in marks: `⟨U+202E⟩`, `⟨U+2800 × 40⟩`, `⟨40 spaces⟩`,
 * `⟨30 newlines⟩`, and with `marks` others as well: `⟨U+0430 like a⟩`. The brackets themselves are
 * marked too, so that no text can forge a mark. Ordinary text in any script comes back as it is.
 */
export function visible(text: string, options: VisibleOptions = { newlines: 'show' }): string {
  const { marks: others = noMarks } = options;
  if (others === noMarks && PLAIN.test(text)) return text;
  const keep = options.newlines === 'keep';
  const markAt = markCursor(text, others);
  let out = '';
  let at = 0;
  // Marks on the character before; null where there is nothing that may carry one.
  let marks: number | null = null;
  while (at < text.length) {
    const code = text.codePointAt(at) ?? 0;
    if (code === 0x20 || code === 0x0a) {
      const end = runEnd(text, at, isBlank);
      out += shownBlanks(text.slice(at, end), at === 0, end === text.length, keep);
      at = end;
      marks = null;
      continue;
    }
    const mark = markAt(at);
    if (mark !== null && mayHide(text, mark) && at === mark.start) {
      out += `⟨secret${labelText(mark.label)}, ${mark.end - at} characters⟩`;
      at = mark.end;
      marks = null;
      continue;
    }
    if (mark !== null && isNameable(code, mark)) {
      const end = runEnd(text, at, (each) => each === code);
      out += shownRun(code, (end - at) / (code > 0xffff ? 2 : 1), mark.label);
      at = end;
      marks = null;
      continue;
    }
    const emoji = emojiSequenceLength(text, at);
    if (emoji > 0) {
      out += text.slice(at, at + emoji);
      at += emoji;
      marks = 0;
    } else if (isKept(text, at, code, marks)) {
      const size = code > 0xffff ? 2 : 1;
      out += text.slice(at, at + size);
      marks = classOf(code) === 'mark' ? (marks ?? 0) + 1 : 0;
      at += size;
    } else {
      const end = runEnd(text, at, (each) => each === code);
      out += shownRun(code, (end - at) / (code > 0xffff ? 2 : 1));
      at = end;
      marks = null;
    }
  }
  return out;
}

/**
 * What a command wrote, fit to be put on a card: terminal escapes are gone, every other control
 * and unseen character is named (`<U+0007>`; only a renderer makes `⟨⟩`), tabs are spaces up to the
 * next stop of eight columns, and blanks at the ends of lines are dropped.
 */
export function plainOutput(text: string): string {
  return outputText(text, (code) => `<${codePointName(code)}>`, false);
}

/**
 * The same for a card: characters are named in the marks of `visible`, brackets of these marks too,
 * and many empty lines are counted.
 */
export function shownOutput(text: string): string {
  return outputText(text, (code) => `⟨${codePointName(code)}⟩`, true)
    .replaceAll(EMPTY_LINES, (run) => `\n⟨${run.length - 1} empty lines⟩\n`)
    .replace(/^\n+/, (run) => `⟨${counted(run.length, 'empty line')}⟩\n`);
}

function outputText(text: string, name: (code: number) => string, brackets: boolean): string {
  let out = '';
  let column = 0;
  let at = 0;
  while (at < text.length) {
    const afterEscape = escapeEnd(text, at);
    if (afterEscape > at) {
      at = afterEscape;
      continue;
    }
    const code = text.codePointAt(at) ?? 0;
    const size = code > 0xffff ? 2 : 1;
    let piece = text.slice(at, at + size);
    at += size;
    if (code === 0x0d && text[at] === '\n') continue;
    if (code === 0x09) piece = ' '.repeat(TAB_COLUMNS - (column % TAB_COLUMNS));
    else if (code === 0x27e8 || code === 0x27e9) piece = brackets ? name(code) : piece;
    else if (code !== 0x0a && code !== 0x20 && isNamedInOutput(text, at - size, code)) {
      piece = name(code);
    }
    out += piece;
    column = code === 0x0a ? 0 : column + piece.length;
  }
  return withoutTrailingBlanks(out);
}

/** A marked word may hold plain characters and unseen ones: those are shown as everywhere else. */
function isNameable(code: number, mark: Mark): boolean {
  return mark.secret !== true && code > 0x7f && classOf(code) !== 'unseen';
}

function isNamedInOutput(text: string, at: number, code: number): boolean {
  return (
    classOf(code) === 'unseen' && !isScriptJoiner(text, at) && code !== 0xfe0f && code !== 0x200d
  );
}

// A regular expression for this (/ +$/gm) is quadratic in the blanks.
function withoutTrailingBlanks(text: string): string {
  const lines = text.split('\n').map((line) => line.trimEnd());
  while (lines.length > 0 && lines[lines.length - 1] === '') lines.pop();
  return lines.join('\n');
}

function isKept(text: string, at: number, code: number, marks: number | null): boolean {
  if (code > 0x20 && code < 0x7f) return true;
  switch (classOf(code)) {
    case 'seen':
      return true;
    case 'unseen':
      return isScriptJoiner(text, at);
    case 'mark':
      return marks !== null && marks < MOST_MARKS;
    case 'overlay':
      return false;
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a;
}

function runEnd(text: string, from: number, belongs: (code: number) => boolean): number {
  let at = from;
  while (at < text.length) {
    const code = text.codePointAt(at) ?? 0;
    if (!belongs(code)) break;
    at += code > 0xffff ? 2 : 1;
  }
  return at;
}

function shownRun(code: number, times: number, label = ''): string {
  const name = `${codePointName(code)}${labelText(label)}`;
  return times > MOST_REPEATS ? `⟨${name} × ${times}⟩` : `⟨${name}⟩`.repeat(times);
}

/** A run of spaces and newlines. Spaces that end a line, or begin a one-line text, are counted. */
function shownBlanks(run: string, first: boolean, last: boolean, keep: boolean): string {
  const lines = run.split('\n').map((spaces) => spaces.length);
  const newlines = lines.length - 1;
  if (newlines === 0) return shownSpaces(run.length, last || (first && !keep));
  const indent = shownSpaces(lines[newlines] ?? 0, last);
  // Clients take newlines away at the edges of a code block: there they are always counted.
  if (newlines > MOST_NEWLINES || (last && indent === '') || (first && keep)) {
    const inner = run.length - newlines - (lines[newlines] ?? 0);
    const mark = `⟨${counted(newlines, 'newline')}${inner > 0 ? `, ${counted(inner, 'space')}` : ''}⟩`;
    if (!keep) return mark + indent;
    return `${first ? '' : '\n'}${mark}${last && indent === '' ? '' : '\n'}${indent}`;
  }
  const newline = keep ? '\n' : `⟨${codePointName(0x0a)}⟩`;
  const ended = lines.slice(0, -1).map((spaces) => shownSpaces(spaces, true) + newline);
  return ended.join('') + indent;
}

function shownSpaces(count: number, always: boolean): string {
  if (count === 0) return '';
  return always || count > MOST_BLANKS ? `⟨${counted(count, 'space')}⟩` : ' '.repeat(count);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
