// What programs make of what flows into them: which of them decode, which tell secrets, what is
// written plainly.
import { spelledText } from './ansi-c.ts';
import type { Simple, Word } from './shell-text.ts';
import { DECODED, NONE, SECRET, type Taint } from './taint.ts';
import { isInterpreter } from './threat-code.ts';
import type { Invocation } from './threat-reading.ts';

/** What a program makes of its input, or writes by itself. */
export function writtenTaint({ name, args }: Invocation): Taint {
  switch (name) {
    case 'base64':
    case 'base32':
    case 'basenc':
    case 'gbase64':
      return args.some(({ text }) => /^(?:-[a-zA-Z]*[dD]|--decode)/.test(text)) ? DECODED : NONE;
    case 'xxd':
      return args.some(({ text }) => /^-(?:[a-z]*r|revert)/.test(text)) ? DECODED : NONE;
    case 'uudecode':
    case 'rev':
    case 'rot13':
    case 'hex2raw':
      return DECODED;
    case 'openssl':
      return /^(?:enc|base64|aes|des|cms|smime|rsautl|pkeyutl)/.test(args[0]?.text ?? '') &&
        args.some(({ text }) => /^-(?:d|decrypt|base64|a|A)$/.test(text))
        ? DECODED
        : NONE;
    case 'gpg':
      return args.some(({ text }) => /^(?:-d|--decrypt)$/.test(text)) ? DECODED : NONE;
    case 'tr':
      return isCipher(args) ? DECODED : NONE;
    case 'printf':
      return args.some(({ text }) => spelledText(text) !== null) ? DECODED : NONE;
    case 'echo':
      return args.some(({ text, isSpelled }) => isSpelled || spelledText(text) !== null)
        ? DECODED
        : NONE;
    case 'awk':
    case 'gawk':
      return /%c|\\x[0-9a-f]{2}/i.test(textOf(args)) ? DECODED : NONE;
    case 'env':
    case 'printenv':
    case 'history':
      return SECRET;
    default:
      return isInterpreter(name) &&
        /b64decode|base64_decode|unhexlify|fromhex|atob|decode64|rot13|pack\b|chr\(/.test(
          textOf(args),
        )
        ? DECODED
        : NONE;
  }
}

// `tr A-Za-z N-ZA-Mn-za-m`: letters for letters, and not only their case.
function isCipher(args: readonly Word[]): boolean {
  const [from, to] = args.map(({ text }) => text);
  if (from === undefined || to === undefined || from.startsWith('-')) return false;
  const isLetters = /[a-z]-[a-z]|^[a-z]{4,}/i.test(from) && /[a-z]-[a-z]|^[a-z!-/]{4,}/i.test(to);
  return isLetters && !(/^\[?a-z\]?$/i.test(from) && /^\[?a-z\]?$/i.test(to));
}

/** Words as one text. */
export function textOf(words: readonly Word[]): string {
  return words.map(({ text }) => text).join(' ');
}

/** What `echo` and `printf` write, where it is plain text; null for everything else. */
export function writtenText({ words }: Simple): string | null {
  const name = words[0]?.text;
  if (name !== 'echo' && name !== 'printf') return null;
  const rest = words.slice(1).filter(({ text }) => !/^-[neE]+$/.test(text));
  return textOf(rest).replaceAll('\\n', '\n');
}
