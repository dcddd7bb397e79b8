// What a word looks like (UTS #39, section 4). For finding out only: a skeleton is never shown,
// stored or run in place of the text.
import { CONFUSABLES } from './confusables-data.ts';

let prototypes: ReadonlyMap<number, string> | null = null;

// Decoded when the first text needs it: most never do.
function decoded(): ReadonlyMap<number, string> {
  const map = new Map<number, string>();
  for (const line of CONFUSABLES) {
    for (const group of line.split(' ')) {
      const [name = '', sources = ''] = group.split(':');
      const target = String.fromCodePoint(
        ...name.split('+').map((code) => Number.parseInt(code, 36)),
      );
      let code = 0;
      for (const difference of sources.split(',')) {
        code += Number.parseInt(difference, 36);
        map.set(code, target);
      }
    }
  }
  return map;
}

/** What a code point looks like, by Unicode's table; itself where that lists nothing. */
export function prototypeOf(code: number): string {
  prototypes ??= decoded();
  return prototypes.get(code) ?? String.fromCodePoint(code);
}

const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;

/** UTS #39 `internalSkeleton`: texts with the same skeleton look alike. */
export function skeleton(text: string): string {
  let out = '';
  for (const char of text.normalize('NFD').replaceAll(IGNORABLE, '')) {
    out += prototypeOf(char.codePointAt(0) ?? 0);
  }
  return out.normalize('NFD');
}

/**
 * The skeletons of a word in its own case and in lower case, to compare with others of this
 * function: in lower case, and with `i` as `l`, which the table keeps apart and fonts do not.
 */
export function foldedSkeletons(word: string): readonly string[] {
  const own = skeleton(word).toLowerCase().replaceAll('i', 'l');
  const lower = skeleton(word.toLowerCase()).replaceAll('i', 'l');
  return own === lower ? [own] : [own, lower];
}

const ASCII_WORD = /^[!-~]{1,3}$/;

/** The ASCII character that this one is taken for, or null: `с` (U+0441) is taken for `c`. */
export function asciiTwin(code: number): string | null {
  if (code < 0x80) return String.fromCharCode(code);
  const char = String.fromCodePoint(code);
  const compatible = char.normalize('NFKC');
  if (ASCII_WORD.test(compatible)) return compatible;
  const prototype = prototypeOf(code);
  if (!ASCII_WORD.test(prototype)) return null;
  return prototype === 'rn' ? 'm' : prototype;
}
