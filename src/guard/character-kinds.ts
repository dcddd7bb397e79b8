// What kind of character a code point is to the guard: the one table that every check of characters
// begins with. It knows code points, never their surroundings.

export type CharacterKind =
  | 'plain'
  | 'letter'
  | 'mark'
  | 'control'
  | 'bidi-embedding'
  | 'bidi-isolate'
  | 'bidi-mark'
  | 'ignorable'
  | 'joiner'
  | 'selector'
  | 'tag'
  | 'filler'
  | 'blank'
  | 'space'
  | 'line-separator'
  | 'surrogate'
  | 'annotation'
  | 'damaged'
  | 'private'
  | 'unassigned';

const KINDS: readonly CharacterKind[] = [
  'plain',
  'letter',
  'mark',
  'control',
  'bidi-embedding',
  'bidi-isolate',
  'bidi-mark',
  'ignorable',
  'joiner',
  'selector',
  'tag',
  'filler',
  'blank',
  'space',
  'line-separator',
  'surrogate',
  'annotation',
  'damaged',
  'private',
  'unassigned',
];

// First match decides. Ranges are for what has a part of its own, properties for the rest.
const RANGES: readonly (readonly [from: number, to: number, kind: CharacterKind])[] = [
  [0x09, 0x0a, 'plain'],
  [0x00, 0x1f, 'control'],
  [0x7f, 0x9f, 'control'],
  [0x61c, 0x61c, 'bidi-mark'],
  [0x200e, 0x200f, 'bidi-mark'],
  [0x202a, 0x202e, 'bidi-embedding'],
  [0x2066, 0x2069, 'bidi-isolate'],
  [0x200c, 0x200d, 'joiner'],
  [0xfe00, 0xfe0f, 'selector'],
  [0xe0100, 0xe01ef, 'selector'],
  [0xe0000, 0xe007f, 'tag'],
  [0x115f, 0x1160, 'filler'],
  [0x3164, 0x3164, 'filler'],
  [0xffa0, 0xffa0, 'filler'],
  [0x2800, 0x2800, 'blank'],
  [0x1d159, 0x1d159, 'blank'],
  [0x13441, 0x13442, 'blank'],
  [0x2028, 0x2029, 'line-separator'],
  [0xfff9, 0xfffb, 'annotation'],
  [0xfffc, 0xfffd, 'damaged'],
];

// Format characters that are drawn: the prepended number signs of Arabic and Kaithi, and the
// controls that lay out Egyptian signs.
const DRAWN_FORMAT =
  /[\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\u{110BD}\u{110CD}\u{13430}-\u{13440}]/u;

const PROPERTIES: readonly (readonly [pattern: RegExp, kind: CharacterKind])[] = [
  [DRAWN_FORMAT, 'plain'],
  [/\p{Default_Ignorable_Code_Point}|\p{Cf}/u, 'ignorable'],
  [/\p{Cs}/u, 'surrogate'],
  [/\p{Co}/u, 'private'],
  [/\p{Cn}/u, 'unassigned'],
  [/\p{Z}/u, 'space'],
  [/\p{M}/u, 'mark'],
  [/[\p{L}\p{Nd}\p{Nl}]/u, 'letter'],
];

const pages: (Uint8Array | undefined)[] = [];

/** The kind of one code point; -1, which is none, is plain. */
export function kindOf(code: number): CharacterKind {
  if (code < 0) return 'plain';
  const number = code >> 8;
  let page = pages[number];
  if (page === undefined) {
    page = new Uint8Array(256);
    pages[number] = page;
  }
  const before = page[code & 0xff] ?? 0;
  if (before > 0) return KINDS[before - 1] ?? 'unassigned';
  const found = look(code);
  page[code & 0xff] = KINDS.indexOf(found) + 1;
  return found;
}

function look(code: number): CharacterKind {
  if (code === 0x20) return 'plain';
  for (const [from, to, kind] of RANGES) if (code >= from && code <= to) return kind;
  const char = String.fromCodePoint(code);
  for (const [pattern, kind] of PROPERTIES) if (pattern.test(char)) return kind;
  return 'plain';
}
