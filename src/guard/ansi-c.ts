// The escapes of `$'...'` and of `printf` and `echo -e`: what they spell. Decoding for detection
// alone: what runs is never written anew.

const SIMPLE: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  v: '\v',
};
const NUMERIC = /x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|[0-7]{1,3}/y;

export interface AnsiC {
  readonly text: string;
  /** After the closing quote. */
  readonly end: number;
  /** A number stands where a letter or sign could have stood. */
  readonly isSpelled: boolean;
}

/** Decodes from `from` to the closing single quote, or to the end of the text. */
export function readAnsiC(text: string, from: number): AnsiC {
  let out = '';
  let isSpelled = false;
  let at = from;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "'") return { text: out, end: at + 1, isSpelled };
    if (char !== '\\') {
      out += char;
      at += 1;
      continue;
    }
    const decoded = readEscape(text, at + 1);
    out += decoded.text;
    isSpelled ||= decoded.isSpelled;
    at = decoded.end;
  }
  return { text: out, end: text.length, isSpelled };
}

function readEscape(text: string, at: number): AnsiC {
  NUMERIC.lastIndex = at;
  const found = NUMERIC.exec(text)?.[0];
  if (found === undefined) {
    const char = text.charAt(at);
    return { text: SIMPLE[char] ?? char, end: at + 1, isSpelled: false };
  }
  const code = /^[0-7]/.test(found)
    ? Number.parseInt(found, 8) & 0xff
    : Number.parseInt(found.slice(1), 16);
  const isSpelled = code > 0x20 && code < 0x7f;
  const char = code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
  return { text: char, end: at + found.length, isSpelled };
}

/** What numeric escapes in a text spell, decoded; null where it has none that hide plain text. */
export function spelledText(text: string): string | null {
  if (!text.includes('\\')) return null;
  let out = '';
  let spelled = 0;
  let at = 0;
  while (at < text.length) {
    if (text.charAt(at) !== '\\') {
      out += text.charAt(at);
      at += 1;
      continue;
    }
    const decoded = readEscape(text, at + 1);
    out += decoded.text;
    if (decoded.isSpelled) spelled += 1;
    at = decoded.end;
  }
  return spelled > 0 ? out : null;
}
