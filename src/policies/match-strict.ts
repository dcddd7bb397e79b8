// Whether a deny or ask pattern matches one simple command, however it is spelled: through paths,
// option order, clusters, long forms and their abbreviations. `maybe` where words are unknown.
import { type Glob, globMatches, makeGlob } from './glob.ts';
import { type CommandPattern, isLoneStar } from './pattern.ts';
import type { ReadCommand } from './read-line.ts';
import { longForms } from './synonyms.ts';
import { programName } from './unwrap.ts';
import type { ReadWord } from './word.ts';

export type Match = 'yes' | 'maybe' | 'no';

/** What words mean where the command would run. */
export interface WordView {
  /** The text of a word, `~` words included where the home directory is known. */
  text(word: ReadWord): string | null;
  /** The absolute path that a text means. */
  path(text: string): string;
  readonly home: string | null;
}

/** Matches; any further words may follow. */
export function matchStrict(pattern: CommandPattern, command: ReadCommand, view: WordView): Match {
  const name = command.words[0];
  if (name === undefined) return 'no';
  if (!pattern.assignments.every((text) => hasAssignment(command, text))) return 'no';
  const named = pattern.words[0];
  if (named === undefined) return 'yes';
  const given = view.text(name);
  const named1 = given === null ? null : nameMatches(named, given);
  if (named1 === false) return 'no';
  const words = command.words.slice(1);
  const rest = wordsMatch(pattern.words.slice(1), words, given ?? '', view);
  if (named1 === true) return rest;
  // An unknown first word may bring further ones with it.
  if (!prefixFits(named, name)) return 'no';
  return rest === 'no' && name.single ? 'no' : 'maybe';
}

function hasAssignment(command: ReadCommand, text: string): boolean {
  return command.assignments.some((a) => `${a.name}=${a.value.text ?? ''}` === text);
}

/** Whether a program's name or path is the one that the pattern means. */
export function nameMatches(glob: Glob, given: string): boolean {
  const path = given.replace(/\/+/g, '/');
  const base = programName(given);
  if (!glob.source.includes('/')) return globMatches(glob, base, false);
  const pathGlob = globMatches(glob, path, true) || globMatches(glob, normalise(path), true);
  return pathGlob || (!given.includes('/') && programName(glob.source) === given);
}

/** What an absolute path in its shortest spelling does not hold. */
const UNNORMAL = /\/(?:\.{1,2})?(?:\/|$)/;

/** Takes `.`, `..` and empty segments out of a path, without looking at any disk. */
export function normalise(path: string): string {
  if (path.startsWith('/') && !UNNORMAL.test(path)) return path;
  const out: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..' && out.length > 0 && out.at(-1) !== '..') out.pop();
    else if (segment !== '..' || !path.startsWith('/')) out.push(segment);
  }
  return (path.startsWith('/') ? '/' : '') + out.join('/');
}

/** Whether the unknown word could still become what the pattern names. */
function prefixFits(glob: Glob, word: ReadWord): boolean {
  if (glob.literal === null || word.prefix === '' || word.prefix.includes('/')) return true;
  return glob.literal.startsWith(word.prefix);
}

/** Whether a word of a pattern or of a command is read as an option. */
export function isOption(text: string): boolean {
  return /^-./s.test(text);
}

function wordsMatch(
  globs: readonly Glob[],
  words: readonly ReadWord[],
  name: string,
  view: WordView,
): Match {
  const options = globs.filter((glob) => isOption(glob.source));
  const operands = globs.filter((glob) => !isOption(glob.source));
  const texts = words.map((word) => view.text(word));
  // `tar xf` is `tar -xf`.
  const bundle = programName(name) === 'tar' && /^[A-Za-z]+$/.test(texts[0] ?? '');
  if (bundle && options.length > 0) texts[0] = `-${texts[0]}`;
  const unknownOption = words.some((word, i) => texts[i] === null && word.mayBeOption);
  const given = texts.filter((text): text is string => text !== null);
  let sure = true;
  for (const option of options) {
    if (optionGiven(option, given, programName(name))) continue;
    if (!unknownOption) return 'no';
    sure = false;
  }
  const found = operandsMatch(operands, words, texts, view);
  return found === 'yes' && !sure ? 'maybe' : found;
}

/** Programs whose long options have one dash: their words are not clusters. */
const SINGLE_DASH = new Set('find java javac gcc g++ clang terraform openssl ffmpeg go'.split(' '));

/** Whether the options given include all that this word of the pattern asks for. */
function optionGiven(glob: Glob, given: readonly string[], name: string): boolean {
  if (given.some((text) => globMatches(glob, text, true))) return true;
  const wanted = glob.literal;
  if (wanted === null) return false;
  if (wanted.startsWith('--')) return given.some((text) => longGiven(wanted, text, name));
  if (SINGLE_DASH.has(name)) return false;
  return [...wanted.slice(1)].every((letter) =>
    given.some((text) => letterGiven(letter, text, name)),
  );
}

/** `--forc` is `--force` for programs that take abbreviations; `--force=x` gives it a value. */
function longGiven(wanted: string, text: string, name: string): boolean {
  const [wantedName = '', wantedValue] = splitOnce(wanted);
  if (!text.startsWith('--')) {
    const short = longForms(name).find(([, long]) => long === wantedName.slice(2));
    return short !== undefined && letterGiven(short[0], text, name);
  }
  const [givenName = '', givenValue] = splitOnce(text);
  if (givenName.length < 3 || !wantedName.startsWith(givenName)) return false;
  return wantedValue === undefined || wantedValue === givenValue;
}

function letterGiven(letter: string, text: string, name: string): boolean {
  if (/^-[^-]/.test(text)) {
    const letters = text.slice(1);
    if (letters.includes(letter)) return true;
    const alike = longForms(name).find(([short]) => short === letter)?.[1];
    const others = longForms(name).filter(([, long]) => alike !== undefined && long === alike);
    return others.some(([short]) => letters.includes(short));
  }
  if (!text.startsWith('--') || text.length < 3) return false;
  const [givenName = ''] = splitOnce(text);
  const body = givenName.slice(2);
  return longForms(name).some(([short, long]) => short === letter && long.startsWith(body));
}

function splitOnce(text: string): [string, string?] {
  const at = text.indexOf('=');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/**
 * The operands in order, from the first. A word right after an option may be its value, so it may
 * be skipped: `git -c a=b push` and `git push` both begin with the operand `push`.
 */
function operandsMatch(
  globs: readonly Glob[],
  words: readonly ReadWord[],
  texts: readonly (string | null)[],
  view: WordView,
): Match {
  const last = words.length;
  let states = new Map<number, boolean>([[0, true]]);
  let best: Match = 'no';
  for (let i = 0; i <= last; i++) {
    for (const [at, sure] of states) {
      if (at === globs.length) best = sure ? 'yes' : best === 'no' ? 'maybe' : best;
    }
    if (best === 'yes' || i === last) break;
    const next = new Map<number, boolean>();
    const put = (at: number, sure: boolean) => next.set(at, sure || (next.get(at) ?? false));
    const text = texts[i] ?? null;
    const word = words[i] as ReadWord;
    const before = i > 0 ? (texts[i - 1] ?? null) : '';
    const afterOption = before !== '' && (before === null || isOption(before));
    for (const [at, sure] of states) {
      const glob = globs[at];
      if (glob === undefined) continue;
      if (text === null) {
        if (!word.single || word.mayBeOption) put(at, false);
        else if (afterOption) put(at, sure);
        if (operandCouldFit(glob, word)) put(at + 1, isLoneStar(glob) && sure && word.single);
        if (!word.single) for (let k = at + 2; k <= globs.length; k++) put(k, false);
      } else if (isOption(text)) {
        put(at, sure);
      } else {
        if (afterOption || skipsAhead(glob)) put(at, sure);
        if (operandFits(glob, text, view)) put(at + 1, sure);
      }
    }
    states = next;
  }
  return best;
}

/** `dd *of=/dev/*` and `git * push`: whoever writes this means it anywhere. */
export function skipsAhead(glob: Glob): boolean {
  return glob.pieces[0]?.kind === 'star' || glob.pieces[0]?.kind === 'globstar';
}

/** Whether an operand is what the pattern's word means, however its path is spelled. */
export function operandFits(glob: Glob, text: string, view: WordView): boolean {
  if (globMatches(glob, text, true)) return true;
  if (/^~(?:\/|$)/.test(glob.source) && view.home !== null) {
    const full = makeGlob([{ text: view.home + glob.source.slice(1), quoted: false }]);
    return globMatches(full, view.path(text), true);
  }
  if (glob.source.startsWith('/') && globMatches(glob, view.path(text), true)) return true;
  if (!text.includes('/')) return false;
  // `of=//dev/sda` and `/etc/../etc/passwd` are the paths that they lead to.
  const squeezed = text.replace(/\/+/g, '/');
  return globMatches(glob, squeezed, true) || globMatches(glob, normalise(text), true);
}

function operandCouldFit(glob: Glob, word: ReadWord): boolean {
  if (glob.literal === null || word.prefix === '') return true;
  return glob.literal.startsWith(word.prefix) || word.prefix.includes('/');
}
