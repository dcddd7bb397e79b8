// Which scripts a code point is written in (UAX #24 Script_Extensions, from the tables of the
// running engine), as bits. Knows characters, not words.

const NAMES = [
  'Latin',
  'Cyrillic',
  'Greek',
  'Armenian',
  'Hebrew',
  'Arabic',
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
  'Oriya',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
  'Thai',
  'Lao',
  'Khmer',
  'Myanmar',
  'Georgian',
  'Ethiopic',
  'Tibetan',
  'Cherokee',
  'Coptic',
  'Mongolian',
] as const;

// Written together by design: Japanese, Korean and Chinese with Bopomofo (UTS #39, 5.2).
const EAST_ASIAN = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Bopo}]/u;
const COMMON = /[\p{scx=Zyyy}\p{scx=Zinh}]/u;

export type ScriptName = (typeof NAMES)[number] | 'EastAsian' | 'Other';

const PATTERNS: readonly (readonly [bit: number, pattern: RegExp])[] = [
  ...NAMES.map((name, index) => [1 << index, new RegExp(`\\p{scx=${name}}`, 'u')] as const),
  [1 << NAMES.length, EAST_ASIAN],
];

const OTHER = 1 << (NAMES.length + 1);

/** The bit of a script in what `scriptsOf` answers. */
export function scriptBit(name: ScriptName): number {
  if (name === 'EastAsian') return 1 << NAMES.length;
  return name === 'Other' ? OTHER : 1 << NAMES.indexOf(name);
}

/** Every script: a character that is common to all. */
export const ANY_SCRIPT = (OTHER << 1) - 1;

// What was found out before, by pages of 256: texts repeat their characters.
const pages: (Uint32Array | undefined)[] = [];

/** The scripts that a code point is used in, as bits; `ANY_SCRIPT` for what is common to all. */
export function scriptsOf(code: number): number {
  const number = code >> 8;
  let page = pages[number];
  if (page === undefined) {
    page = new Uint32Array(256);
    pages[number] = page;
  }
  const before = page[code & 0xff] ?? 0;
  if (before > 0) return before;
  const found = look(String.fromCodePoint(code));
  page[code & 0xff] = found;
  return found;
}

function look(char: string): number {
  if (COMMON.test(char)) return ANY_SCRIPT;
  let bits = 0;
  for (const [bit, pattern] of PATTERNS) if (pattern.test(char)) bits |= bit;
  return bits === 0 ? OTHER : bits;
}

/** Scripts whose letters pass for Latin ones. */
export const ALIKE =
  scriptBit('Cyrillic') |
  scriptBit('Greek') |
  scriptBit('Armenian') |
  scriptBit('Cherokee') |
  scriptBit('Coptic') |
  OTHER;
