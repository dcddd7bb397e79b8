// Which characters of a text a card must name although they can be seen, and which values it keeps
// back. A port: what looks alike, and what is a secret, is for others to say. Shows nothing itself.

/** A place in a text, in UTF-16 units, with a short reason in plain ASCII words: `like a`. */
export interface Mark {
  readonly start: number;
  readonly end: number;
  readonly label: string;
  /** True for a known secret's value: kept back where that hides nothing that could run. */
  readonly secret?: boolean;
}

/** Finds the places of a text to mark, in any order. Pure, and linear in the text. */
export type Marks = (text: string) => readonly Mark[];

/** Marks nothing. */
export const noMarks: Marks = () => [];

const LONGEST_LABEL = 60;

// A secret of only these is one inert piece of a word to any shell. With quotes, blanks, operators
// or expansions in it, it could be live code dressed as a secret: then it is shown.
const INERT = /^[A-Za-z0-9_+/.:@%-]{8,}={0,2}$/;

/** Looks up the mark at a place; places must be asked for in ascending order. */
export function markCursor(text: string, marks: Marks): (at: number) => Mark | null {
  const ordered = marks(text)
    .filter(({ start, end }) => start >= 0 && start < end && end <= text.length)
    .toSorted((a, b) => a.start - b.start);
  let next = 0;
  return (at) => {
    while ((ordered[next]?.end ?? Number.POSITIVE_INFINITY) <= at) next += 1;
    const mark = ordered[next];
    return mark !== undefined && mark.start <= at ? mark : null;
  };
}

/** Whether a secret's value may be left out of what an approver reads. */
export function mayHide(text: string, { start, end, secret }: Mark): boolean {
  return secret === true && INERT.test(text.slice(start, end));
}

/** A label as it stands in a mark, after a blank: ASCII alone, and nothing where there is none. */
export function labelText(label: string): string {
  const plain = label
    .replaceAll(/[^\x20-\x7e]/g, '')
    .replaceAll('`', 'backtick') // Fences name backticks by themselves: not within a mark.
    .slice(0, LONGEST_LABEL);
  return plain.trim() === '' ? '' : ` ${plain.trim()}`;
}

const WORD = /[\p{L}\p{M}\p{N}_]+/gu;
const LATIN = /\p{Script=Latin}/u;
// Scripts with letters that look like Latin ones. Whole words in them are their readers' own.
const LATIN_LIKE =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/u;
const STYLED = /[\u{1D400}-\u{1D7FF}\u{FF10}-\u{FF19}\u{FF21}-\u{FF3A}\u{FF41}-\u{FF5A}]/gu;

/**
 * Letters of another script within Latin words, and letters styled as other characters, whatever
 * they mean: for texts that cannot be inspected whole.
 */
export const markMixedWords: Marks = (text) => {
  const marks: Mark[] = [];
  for (const { 0: word, index } of text.matchAll(WORD)) {
    if (!LATIN.test(word)) continue;
    for (const letter of word.matchAll(new RegExp(LATIN_LIKE, 'gu'))) {
      const start = index + letter.index;
      marks.push({ start, end: start + letter[0].length, label: 'not Latin' });
    }
  }
  for (const { 0: letter, index } of text.matchAll(STYLED)) {
    marks.push({ start: index, end: index + letter.length, label: letter.normalize('NFKC') });
  }
  return marks;
};

/** A place in a text where something was found. */
interface Found {
  readonly kind: string;
  readonly at: number;
  readonly length: number;
}

// Findings that are about how a character looks; what cannot be seen is named without them.
const OF_LOOKS: ReadonlySet<string> = new Set([
  'confusable',
  'mixed-script',
  'look-alike',
  'host',
  'typosquat',
]);

/** Names the characters that findings are about, with the sign that each is taken for. */
export function marksOf(
  text: string,
  findings: readonly Found[],
  twinOf: (code: number) => string | null,
): Mark[] {
  const marks: Mark[] = [];
  for (const { kind, at, length } of findings) {
    if (!OF_LOOKS.has(kind)) continue;
    let start = at;
    for (const char of text.slice(at, at + length)) {
      const twin = char > '\x7f' ? twinOf(char.codePointAt(0) ?? 0) : null;
      const label = twin === null ? '' : `like ${twin}`;
      marks.push({ start, end: start + char.length, label });
      start += char.length;
    }
  }
  return marks;
}
