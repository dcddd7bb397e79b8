// Signs that look like those of the shell and are none: slashes, hyphens, separators, quotes. In
// prose, in quotes and between letters of other scripts they are ordinary.

import { codePointName } from './code-points.ts';
import { asciiTwin } from './confusables.ts';
import type { Findings } from './finding.ts';

export interface SignContext {
  readonly findings: Findings;
  readonly isQuoted: (at: number) => boolean;
}

const SLASHES = new Set([0x2044, 0x2215, 0x29f8, 0xff0f, 0x27cb, 0x1735, 0x2571, 0x30ce, 0x4e3f]);
// Slashes that are letters or drawing of their own: only a path all in ASCII around makes them one.
const OFTEN_OTHER = new Set([0x2571, 0x30ce, 0x4e3f]);
const DOTS = new Set([0x2024, 0xff0e, 0xa4f8, 0xfe52]);
const HYPHENS = new Set([
  0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0x2043, 0x2d7, 0xfe58, 0xfe63, 0xff0d,
  0x2796,
]);
const OPERATORS = new Set([
  0xff1b, 0x37e, 0xff5c, 0x2223, 0x1c0, 0x2502, 0xff06, 0xff1c, 0xff1e, 0xff04, 0xff40, 0xfe54,
  0xff08, 0xff09, 0xff02, 0xff07, 0xff3c, 0x2216,
]);
const QUOTES = new Set([0x2018, 0x2019, 0x201c, 0x201d, 0x201b, 0x201f]);
const TILDES = new Set([0xff5e, 0x2dc, 0x223c]);

/** True for a sign that `inspectSigns` looks at. */
function isSign(code: number): boolean {
  return (
    SLASHES.has(code) ||
    DOTS.has(code) ||
    HYPHENS.has(code) ||
    OPERATORS.has(code) ||
    QUOTES.has(code) ||
    TILDES.has(code)
  );
}

/** Finds look-alikes of the shell's signs in a command or a path. */
export function inspectSigns(text: string, { findings, isQuoted }: SignContext): void {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x80 || !isSign(code)) continue;
    const before = at === 0 ? ' ' : text.charAt(at - 1);
    const after = text.charAt(at + 1);
    const found = meaning(code, before, after, text, at, isQuoted(at));
    if (found === null) continue;
    const name = codePointName(code);
    findings.add('look-alike', found[0], at, 1, `${name} ${found[1]}`, name);
  }
}

type Meaning = readonly [severity: 'block' | 'warn', reason: string] | null;

function meaning(
  code: number,
  before: string,
  after: string,
  text: string,
  at: number,
  isQuoted: boolean,
): Meaning {
  if (SLASHES.has(code)) {
    if (!isSlash(code, before, after, isQuoted)) return null;
    // Between letters of quoted prose it is "either or", unless more of a path is around.
    return isQuoted && /[A-Za-z0-9]/.test(before) && !isInPath(text, at) ? null : SLASH;
  }
  if (DOTS.has(code)) return /[./\u2024]/.test(before + after) && !isQuoted ? DOT : null;
  if (isQuoted) return null;
  if (HYPHENS.has(code)) {
    const isFirst = /[\s=]/.test(before) || HYPHENS.has(before.charCodeAt(0));
    return isFirst && (/[A-Za-z-]/.test(after) || HYPHENS.has(after.charCodeAt(0))) ? HYPHEN : null;
  }
  if (TILDES.has(code)) return /\s/.test(before) && after === '/' ? TILDE : null;
  if (QUOTES.has(code)) return /[\s=]/.test(before) && /[ -~]/.test(after) ? QUOTE : null;
  // Greek ends its questions with this one.
  if (code === 0x37e && /\p{Script=Greek}/u.test(before)) return null;
  return isAsciiAround(text, at)
    ? ['warn', `looks like \`${asciiTwin(code) ?? '|'}\` and is none`]
    : null;
}

const SLASH: Meaning = ['block', 'looks like the slash of a path and is none'];
const DOT: Meaning = ['block', 'looks like the dot of a path and is none'];
const HYPHEN: Meaning = ['warn', 'is no hyphen: this is not an option'];
const TILDE: Meaning = ['warn', 'is no tilde: this is not the home folder'];
const QUOTE: Meaning = ['warn', 'is no quote to the shell: words are split'];

function isSlash(code: number, before: string, after: string, isQuoted: boolean): boolean {
  const isDigits = /\d/.test(before) && /\d/.test(after);
  const isPathAfter = /[A-Za-z0-9._~$*-]/.test(after);
  const isPathBefore = /[\s"'A-Za-z0-9._~:=/]/.test(before) || SLASHES.has(before.charCodeAt(0));
  const isEnd = /^[\s"']?$/.test(after) && /[A-Za-z0-9._~]/.test(before) && !isQuoted;
  if (isDigits || !isPathBefore) return false;
  if (OFTEN_OTHER.has(code)) return isPathAfter && /[A-Za-z0-9._~]/.test(before);
  return isPathAfter || isEnd;
}

const LONGEST_PATH = 100;

function isInPath(text: string, at: number): boolean {
  const near = text.slice(Math.max(0, at - LONGEST_PATH), at + LONGEST_PATH);
  const middle = Math.min(at, LONGEST_PATH);
  const left =
    near
      .slice(0, middle)
      .split(/[\s"']/)
      .pop() ?? '';
  const right = near.slice(middle + 1).split(/[\s"']/, 1)[0] ?? '';
  return [...left, ...right].some((char) => char === '/' || SLASHES.has(char.charCodeAt(0)));
}

/** True where both sides, blanks aside, are ASCII, or one is and the other is the text's end. */
function isAsciiAround(text: string, at: number): boolean {
  return isAscii(text, neighbour(text, at, -1)) && isAscii(text, neighbour(text, at, 1));
}

/** Blanks and other look-alikes between a sign and what it seems to separate. */
const MOST_BETWEEN = 40;

function neighbour(text: string, from: number, step: -1 | 1): number {
  let at = from + step;
  for (let passed = 0; passed < MOST_BETWEEN; passed += 1) {
    if (text.charAt(at) !== ' ' && !OPERATORS.has(text.charCodeAt(at))) break;
    at += step;
  }
  return at;
}

function isAscii(text: string, at: number): boolean {
  return at >= 0 && at < text.length && text.charCodeAt(at) < 0x80;
}
