// Where invisible characters are ordinary: inside emoji sequences (UTS #51), and where a script
// needs them to be written (RFC 5892, appendix A, and the core specification's chapters).
import { kindOf } from './character-kinds.ts';
import { emojiSequenceLength } from './code-points.ts';
import { ANY_SCRIPT, scriptBit, scriptsOf } from './scripts.ts';

/** One character in its place; `before` and `after` are code points, -1 at the ends. */
export interface Place {
  readonly text: string;
  readonly at: number;
  readonly code: number;
  readonly before: number;
  readonly after: number;
}

const ZWSP = 0x200b;
const WORD_JOINER = 0x2060;
const CGJ = 0x34f;
const EMOJI = /\p{Emoji}/u;
const PICTOGRAPH = /\p{Extended_Pictographic}/u;
const CONTINUES_PICTOGRAPH = /\p{Emoji_Modifier}|\uFE0F/u;
const KEYCAP = 0x20e3;
const JOINING_SCRIPTS =
  /[\p{scx=Arabic}\p{scx=Syriac}\p{scx=Nko}\p{scx=Mandaic}\p{scx=Mongolian}\p{scx=Phags_Pa}\p{scx=Adlam}\p{scx=Devanagari}\p{scx=Bengali}\p{scx=Gurmukhi}\p{scx=Gujarati}\p{scx=Oriya}\p{scx=Tamil}\p{scx=Telugu}\p{scx=Kannada}\p{scx=Malayalam}\p{scx=Sinhala}\p{scx=Khmer}\p{scx=Myanmar}\p{scx=Tibetan}\p{scx=Balinese}\p{scx=Javanese}\p{scx=Limbu}\p{scx=Newa}\p{scx=Tirhuta}\p{scx=Grantha}]/u;
// Written without spaces between words, which an invisible one may divide for line breaking.
const UNSPACED = scriptBit('Thai') | scriptBit('Lao') | scriptBit('Khmer') | scriptBit('Myanmar');
const ARABIC = scriptBit('Arabic');
const HAN = /\p{Script=Han}/u;
const SELECTED =
  /[\p{Script=Han}\p{Script=Myanmar}\p{Script=Phags_Pa}\p{Script=Manichaean}\p{Sm}\u3000-\u30FF\uFF00-\uFFEF]/u;

/** True for a joiner within a sequence of pictographs, also one newer than the engine's tables. */
export function joinsEmoji({ code, before, after, text, at }: Place): boolean {
  if (code !== 0x200d || after < 0 || !PICTOGRAPH.test(char(after))) return false;
  if (before < 0x80) return false;
  return (
    PICTOGRAPH.test(char(before)) ||
    (CONTINUES_PICTOGRAPH.test(char(before)) && at >= 2 && text.length > at)
  );
}

/** True for a joiner between letters of one script that joins, or at the end of such a word. */
export function joinsScript({ code, before, after }: Place): boolean {
  // Persian endings of words in Latin letters.
  if (code === 0x200c && isLatin(before) && after >= 0x80 && isOf(after, ARABIC)) return true;
  if (before < 0x80 || !isLetterOfJoining(before)) return false;
  if (after < 0x80) return !isAsciiWord(after);
  const kind = kindOf(after);
  if (kind === 'letter' || kind === 'mark') return (scriptsOf(before) & scriptsOf(after)) !== 0;
  return kind === 'plain' || kind === 'space';
}

function isLatin(code: number): boolean {
  return code > 0 && (scriptsOf(code) & scriptBit('Latin')) !== 0 && scriptsOf(code) !== ANY_SCRIPT;
}

function isLetterOfJoining(code: number): boolean {
  const kind = kindOf(code);
  return (kind === 'letter' || kind === 'mark') && isJoiningScript(code);
}

function isJoiningScript(code: number): boolean {
  return JOINING_SCRIPTS.test(char(code));
}

/** True where a selector asks for an emoji's two forms, or makes a keycap. */
export function isEmojiSelector({ code, before, after }: Place): boolean {
  if (code !== 0xfe0e && code !== 0xfe0f) return false;
  if (before < 0) return false;
  if (before < 0x80) return after === KEYCAP;
  return EMOJI.test(char(before)) || (before >= 0x2000 && kindOf(before) === 'plain');
}

/** True where a selector chooses a form of an ideograph, a mathematical sign or an Asian stop. */
export function isScriptSelector({ code, before }: Place): boolean {
  if (before < 0x80) return false;
  return code >= 0xe0100 ? HAN.test(char(before)) : SELECTED.test(char(before));
}

const FLAG = 0x1f3f4;
const MOST_TAGS = 8;

/** True for a tag within the flag of a region (🏴 and tags) that is recommended for interchange. */
export function isFlagTags(text: string, at: number): boolean {
  let start = at;
  for (let tags = 0; tags < MOST_TAGS; tags += 1) {
    if (text.charCodeAt(start - 2) !== 0xdb40) break;
    start -= 2;
  }
  start -= 2;
  return text.codePointAt(start) === FLAG && start + emojiSequenceLength(text, start) > at;
}

/** True where an invisible or blank character belongs to how its neighbours are written. */
export function isScriptContext({ code, before, after }: Place): boolean {
  switch (code) {
    case ZWSP:
    case WORD_JOINER:
      return isOf(before, UNSPACED) && isOf(after, UNSPACED);
    case CGJ:
      return before >= 0x80 && kindOf(before) === 'mark' && !isOf(before, scriptBit('Latin'));
    case 0x2800:
      return isBraille(before) || isBraille(after);
    case 0x3164:
    case 0xffa0:
      return false;
    default:
      // Mongolian selectors, Khmer vowels, Hangul fillers, shorthand and musical format characters.
      return (
        before >= 0x80 &&
        (isOf(before, scriptsOf(code)) || before >> 8 === code >> 8) &&
        isOwn(code)
      );
  }
}

const OWN_RANGES: readonly (readonly [from: number, to: number])[] = [
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
];

function isOwn(code: number): boolean {
  return OWN_RANGES.some(([from, to]) => code >= from && code <= to);
}

function isBraille(code: number): boolean {
  return code > 0x2800 && code <= 0x28ff;
}

function isOf(code: number, scripts: number): boolean {
  if (code < 0x80) return false;
  const own = scriptsOf(code);
  return own !== ANY_SCRIPT && (own & scripts) !== 0;
}

function isAsciiWord(code: number): boolean {
  return /\w/.test(code < 0 ? ' ' : char(code));
}

function char(code: number): string {
  return String.fromCodePoint(code);
}
