// What one code point is to a reader: seen, or easily missed. It judges characters only, never the
// meaning of a text, and changes nothing.

// Other (controls, format characters, surrogates, private use, unassigned), separators, what
// Unicode says may be drawn as nothing, and letters and symbols that are drawn blank: Braille
// blank, musical null notehead, Egyptian blanks, object replacement. The two brackets are ours.
const UNSEEN =
  /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\u{1D159}\u{13441}\u{13442}\uFFFC\u27E8\u27E9]/u;

// Format characters that are drawn: the prepended number signs of Arabic and Kaithi.
const DRAWN_FORMAT = /[\u0600-\u0605\u06DD\u070F\u08E2\u{110BD}\u{110CD}]/u;

// Marks that strike through or enclose what they stand on.
const OVERLAYS: readonly (readonly [from: number, to: number])[] = [
  [0x334, 0x338],
  [0x488, 0x489],
  [0x20d2, 0x20d3],
  [0x20d8, 0x20da],
  [0x20dd, 0x20e0],
  [0x20e2, 0x20eb],
];

const MARK = /\p{M}/u;
// A property of strings needs the `v` flag, newer than the language level that is compiled for.
const RGI_EMOJI = '\\p{RGI_Emoji}';
const EMOJI = new RegExp(RGI_EMOJI, 'vy');

// What may come second in a sequence: selector, joiner, keycap, and the high surrogates of skin
// tones and regional indicators, and of tags.
const CONTINUES_EMOJI: ReadonlySet<number> = new Set([0xfe0f, 0x200d, 0x20e3, 0xd83c, 0xdb40]);

const ZWNJ = 0x200c;
const ZWJ = 0x200d;
const VIRAMAS = new Set(
  [0x94d, 0x9cd, 0xa4d, 0xacd, 0xb4d, 0xbcd, 0xc4d, 0xccd, 0xd3b, 0xd3c, 0xd4d, 0xdca].concat([
    0x1039, 0x17d2, 0x1b44, 0xa8c4,
  ]),
);
const ARABIC = /\p{Script=Arabic}/u;
const LETTER = /\p{L}/u;
// Arabic letters that never join the next one: a joiner after them changes nothing that is seen.
const NEVER_JOINS_NEXT =
  /[\u0621-\u0625\u0627\u0629\u062F-\u0632\u0648\u0671-\u0673\u0675-\u0677\u0688-\u0699\u06C0\u06C3-\u06CB\u06CD\u06CF\u06D2\u06D3\u06D5\u06EE\u06EF]/u;

/** `unseen`: a reader would miss it or take it for another. `overlay`: crosses out, encloses. */
export type CodePointClass = 'seen' | 'unseen' | 'mark' | 'overlay';

const CLASSES: readonly CodePointClass[] = ['seen', 'unseen', 'mark', 'overlay'];
// What was found out before, one more than the index in CLASSES: texts repeat their characters.
const known = new Uint8Array(0x110000);

/** What one code point is to a reader. */
export function classOf(code: number): CodePointClass {
  const before = known[code] ?? 0;
  if (before > 0) return CLASSES[before - 1] ?? 'unseen';
  const found = classify(code);
  known[code] = CLASSES.indexOf(found) + 1;
  return found;
}

function classify(code: number): CodePointClass {
  const char = String.fromCodePoint(code);
  if (char !== ' ' && UNSEEN.test(char) && !DRAWN_FORMAT.test(char)) return 'unseen';
  if (!MARK.test(char)) return 'seen';
  return OVERLAYS.some(([from, to]) => code >= from && code <= to) ? 'overlay' : 'mark';
}

/**
 * Length in UTF-16 units of the recommended emoji sequence (Unicode TR51) of several code points
 * that begins at `at`, or 0: inside one, joiners, selectors and tags are ordinary.
 */
export function emojiSequenceLength(text: string, at: number): number {
  const size = (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  if (!CONTINUES_EMOJI.has(text.charCodeAt(at + size))) return 0;
  EMOJI.lastIndex = at;
  const found = EMOJI.exec(text)?.[0] ?? '';
  return [...found].length > 1 ? found.length : 0;
}

/**
 * True where the joiner at `at` does what its script needs it for, as RFC 5892 (appendix A.1, A.2)
 * allows in domain names: after a virama, or between Arabic letters that would join without it.
 */
export function isScriptJoiner(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code !== ZWNJ && code !== ZWJ) return false;
  if (VIRAMAS.has(text.charCodeAt(at - 1))) return true;
  const before = text[at - 1] ?? '';
  const after = text[at + 1] ?? '';
  const joins = isArabicLetter(before) && !NEVER_JOINS_NEXT.test(before) && isArabicLetter(after);
  return code === ZWNJ && joins;
}

function isArabicLetter(char: string): boolean {
  return ARABIC.test(char) && LETTER.test(char);
}

/** The name of a code point: `U+202E`. */
export function codePointName(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
