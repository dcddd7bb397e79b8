// Terminal escapes as ECMA-48 (5th edition) and xterm have them: where one ends. Nothing here
// decides what becomes of them.

const ESC = 0x1b;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
const NEWLINE = 0x0a;
const ST = 0x9c;

// The 8-bit form of an introducer by the byte that follows ESC in the 7-bit form.
const C1_OF: Readonly<Record<number, number>> = {
  80: 0x90,
  88: 0x98,
  91: 0x9b,
  93: 0x9d,
  94: 0x9e,
  95: 0x9f,
};
const CSI = 0x9b;
const STRINGS = new Set([0x90, 0x98, 0x9d, 0x9e, 0x9f]);

/**
 * Where the escape sequence that begins at `at` ends, in UTF-16 units; `at` itself where none
 * begins. A control string (OSC, DCS, APC, PM, SOS) that is never closed ends with its line, so
 * that it cannot take the rest of the text with it. A broken sequence ends before what broke it.
 */
export function escapeEnd(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === CSI) return csiEnd(text, at + 1);
  if (STRINGS.has(code)) return stringEnd(text, at + 1);
  if (code !== ESC) return at;
  const next = text.charCodeAt(at + 1);
  const c1 = C1_OF[next];
  if (c1 === CSI) return csiEnd(text, at + 2);
  if (c1 !== undefined) return stringEnd(text, at + 2);
  // nF escapes: intermediates, then a final. Everything else of two bytes: Fp, Fe, Fs.
  let end = at + 1;
  while (between(text.charCodeAt(end), 0x20, 0x2f)) end += 1;
  return between(text.charCodeAt(end), 0x30, 0x7e) ? end + 1 : end;
}

function csiEnd(text: string, from: number): number {
  let end = from;
  while (between(text.charCodeAt(end), 0x30, 0x3f)) end += 1;
  while (between(text.charCodeAt(end), 0x20, 0x2f)) end += 1;
  return between(text.charCodeAt(end), 0x40, 0x7e) ? end + 1 : end;
}

function stringEnd(text: string, from: number): number {
  for (let end = from; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === BEL || code === ST || code === CAN || code === SUB) return end + 1;
    if (code === ESC) return text[end + 1] === '\\' ? end + 2 : end;
    if (code === NEWLINE) return end;
  }
  return text.length;
}

function between(code: number, low: number, high: number): boolean {
  return code >= low && code <= high;
}
