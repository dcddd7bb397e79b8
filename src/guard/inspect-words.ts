// Words of mixed scripts and words that look like others (UTS #39, 4 and 5), one run of letters at
// a time. A word in its own script is clean, whatever the script; so is Latin beside a script that
// nobody takes for it. Nothing is normalised but to compare.
import { kindOf } from './character-kinds.ts';
import { asciiTwin } from './confusables.ts';
import type { Findings, Surface } from './finding.ts';
import { protectedTwin } from './protected-words.ts';
import { ALIKE, ANY_SCRIPT, scriptBit, scriptsOf } from './scripts.ts';

export interface WordContext {
  readonly surface: Surface;
  readonly findings: Findings;
  readonly isQuoted: (at: number) => boolean;
  /** True within the name of a command, where a word is run and not only read. */
  readonly isCommandName: (at: number) => boolean;
}

const LATIN = scriptBit('Latin');
const CYRILLIC = scriptBit('Cyrillic');
// Greek letters that mathematics, units and biology put beside Latin ones, and Cyrillic ones that
// only a table of fonts takes for Latin: `TNFα`, `10σ`, `5Гб`.
const WEAK = new Set('αγισυρΙгґбьЬЫЮЗьѡ'.split(''));
const DIGIT = /\p{Nd}/u;

/** Finds words that look like others. */
export function inspectWords(text: string, context: WordContext): void {
  let start = -1;
  let common = ANY_SCRIPT;
  let isAscii = true;
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at) ?? 0;
    const size = code > 0xffff ? 2 : 1;
    if (isOfWord(code)) {
      if (start === -1) start = at;
      if (code > 0x7f) isAscii = false;
      if (!(code >= 0x30 && code <= 0x39) && code !== 0x5f) common &= scriptsOf(code);
    } else if (start !== -1) {
      if (!isAscii) judge(text.slice(start, at), start, common, context);
      start = -1;
      common = ANY_SCRIPT;
      isAscii = true;
    }
    at += size;
  }
  if (start !== -1 && !isAscii) judge(text.slice(start), start, common, context);
}

function isOfWord(code: number): boolean {
  if (code < 0x80) {
    return (
      (code >= 0x61 && code <= 0x7a) ||
      (code >= 0x41 && code <= 0x5a) ||
      (code >= 0x30 && code <= 0x39) ||
      code === 0x5f
    );
  }
  const kind = kindOf(code);
  return kind === 'letter' || kind === 'mark' || kind === 'joiner';
}

function judge(word: string, at: number, common: number, context: WordContext): void {
  if (common === 0) mixed(word, at, context);
  else if ((common & (LATIN | ALIKE)) !== 0) oneScript(word, at, common, context);
}

// One script, or letters that all scripts share, such as the mathematical ones.
function oneScript(word: string, at: number, common: number, context: WordContext): void {
  const { surface, findings } = context;
  const isName = context.isCommandName(at);
  const isOwnScript = (common & LATIN) === 0;
  const isRead = isName || (!isOwnScript && surface !== 'output' && !context.isQuoted(at));
  if (!isRead || (surface === 'chat' && !isName)) return;
  const twin = protectedTwin(word);
  if (twin !== null) {
    findings.add(
      'confusable',
      'block',
      at,
      word.length,
      `looks like \`${twin}\` and is another word`,
    );
  } else if (isName && isCompatibility(word)) {
    findings.add(
      'confusable',
      'warn',
      at,
      word.length,
      'a command named in letters that are only styled ones',
    );
  }
}

function isCompatibility(word: string): boolean {
  const plain = word.normalize('NFKC');
  return [...plain].every((char) => char < '\x80');
}

function mixed(word: string, at: number, context: WordContext): void {
  const { surface, findings } = context;
  let scripts = 0;
  let others = 0;
  let passing = 0;
  let latinPassing = 0;
  let latin = 0;
  let changes = 0;
  let last = ANY_SCRIPT;
  for (const char of word) {
    const code = char.codePointAt(0) ?? 0;
    const own = scriptsOf(code);
    if (own === ANY_SCRIPT || DIGIT.test(char)) continue;
    scripts |= own;
    if ((own & last) === 0) changes += 1;
    last = own;
    if ((own & LATIN) !== 0) {
      latin += 1;
      if ('aceopxyABCEHKMOPTXy3'.includes(char)) latinPassing += 1;
    } else {
      others += 1;
      if ((own & ALIKE) !== 0 && !WEAK.has(char) && asciiTwin(code) !== null) passing += 1;
    }
  }
  const severity = surface === 'output' ? 'note' : 'block';
  const twin = (scripts & ALIKE) === 0 ? null : protectedTwin(word);
  if (twin !== null) {
    findings.add(
      'confusable',
      severity,
      at,
      word.length,
      `looks like \`${twin}\` and is another word`,
    );
  } else if (latin > 0 && others === passing) {
    findings.add(
      'mixed-script',
      severity,
      at,
      word.length,
      'reads as Latin, and some of its letters are not',
    );
  } else if (surface !== 'output' && surface !== 'chat' && !context.isQuoted(at)) {
    const isLatinPassing = latin > 0 && latin === latinPassing && (scripts & CYRILLIC) !== 0;
    if (isLatinPassing || (changes > 2 && (scripts & ALIKE) !== 0)) {
      findings.add(
        'mixed-script',
        'warn',
        at,
        word.length,
        'letters of several scripts that look alike',
      );
    }
  }
}
